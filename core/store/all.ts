import type { Service } from "./service.ts";
import { azblob } from "./services/azblob.ts";
import { dropbox } from "./services/dropbox.ts";
import { fs } from "./services/fs.ts";
import { ftp, ftps } from "./services/ftp.ts";
import { gcs } from "./services/gcs.ts";
import { gdrive } from "./services/gdrive.ts";
import { hdfs } from "./services/hdfs.ts";
import { http, https } from "./services/http.ts";
import { ipfs } from "./services/ipfs.ts";
import { memory } from "./services/memory.ts";
import { onedrive } from "./services/onedrive.ts";
import { rclone } from "./services/rclone.ts";
import { s3 } from "./services/s3.ts";
import { s3Compatible } from "./services/s3_compatible.ts";
import { sftp } from "./services/sftp.ts";
import { tar } from "./services/tar.ts";
import { webdav } from "./services/webdav.ts";
import { zip } from "./services/zip.ts";

/** Every service there is. Holds only what is known about them; their code is loaded when one is opened. */
export const SERVICES: readonly Service[] = [
  fs,
  memory,
  s3,
  ...s3Compatible,
  azblob,
  http,
  https,
  rclone,
  sftp,
  tar,
  webdav,
  zip,
  ftp,
  ftps,
  gcs,
  gdrive,
  hdfs,
  ipfs,
  onedrive,
  dropbox,
];

/** The service of this name, if there is one. */
export function findService(name: string): Service | undefined {
  return SERVICES.find((service) => service.name === name);
}
