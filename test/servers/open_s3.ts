import { randomUUID } from "node:crypto";
import { s3 } from "../../core/store/services/s3.ts";
import type { Store } from "../../core/store/store.ts";
import type { Radosgw } from "./radosgw.ts";

/** Where a test's store lies. */
export interface S3Place {
  readonly server: Radosgw;
  readonly bucket: string;
  /** A port in place of the server's own: that of a fault proxy. */
  readonly port?: number;
  /** Starts and ends with `/`; a new folder unless given. */
  readonly workDirectory?: string;
  readonly options?: Readonly<Record<string, string>>;
}

/** Opens a store on the test server without layers, so that every failure of the service shows. */
export function openS3({ server, bucket, port, workDirectory, options = {} }: S3Place): Promise<Store> {
  return s3.open(
    {
      service: "s3",
      name: bucket,
      workDirectory: workDirectory ?? `/${randomUUID()}/`,
      options: new Map(
        Object.entries({
          endpoint: `http:127.0.0.1:${port ?? server.port}`,
          credential: `hmac:${server.accessKey}:${server.secretKey}`,
          ...options,
        }),
      ),
    },
    { environment: {} },
  );
}
