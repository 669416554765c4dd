import { randomBytes } from "node:crypto";
import { isIP } from "node:net";
import type { ExtendedKeyUsage, Extension } from "@peculiar/x509";
import type { CertificateFile } from "./certificate_files.ts";

const VALID_YEARS = 10;
/** Clocks of other machines may be behind. */
const CLOCK_SKEW_MS = 24 * 3_600_000;
const KEY_ALGORITHM = { name: "ECDSA", namedCurve: "P-256" } as const;
const SIGNING_ALGORITHM = { name: "ECDSA", hash: "SHA-256" } as const;

/** Makes an authority and a server and a client certificate that it signs, all as PEM text: P-256, valid for ten years.
 *
 *  `hosts` are the names and IP addresses that the server is reached at. */
export async function issueCertificates(options: {
  readonly hosts: readonly string[];
}): Promise<Readonly<Record<CertificateFile, string>>> {
  // One after the other: @peculiar/x509 needs what the first one defines, and a bundler may turn static imports round.
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  const pem = (bytes: ArrayBuffer, label: string) => `${x509.PemConverter.encode(bytes, label)}\n`;
  const keyPem = async (key: CryptoKey) => pem(await crypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY");

  const authorityKeys = await generateKeys();
  const validity = validityFromNow();
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: "CN=jcs authority",
    ...validity,
    keys: authorityKeys,
    signingAlgorithm: SIGNING_ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(authorityKeys.publicKey),
    ],
  });

  async function issue(name: string, usage: ExtendedKeyUsage, more: readonly Extension[]) {
    const keys = await generateKeys();
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: serialNumber(),
      subject: name,
      issuer: authority.subject,
      ...validity,
      signingKey: authorityKeys.privateKey,
      publicKey: keys.publicKey,
      signingAlgorithm: SIGNING_ALGORITHM,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([usage]),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
        await x509.AuthorityKeyIdentifierExtension.create(authorityKeys.publicKey),
        ...more,
      ],
    });
    return { certificate: pem(certificate.rawData, "CERTIFICATE"), key: await keyPem(keys.privateKey) };
  }

  const alternatives = options.hosts.map(
    (host) => ({ type: isIP(host) === 0 ? "dns" : "ip", value: host }) as const,
  );
  const server = await issue("CN=jcs server", x509.ExtendedKeyUsage.serverAuth, [
    new x509.SubjectAlternativeNameExtension(alternatives),
  ]);
  const client = await issue("CN=jcs client", x509.ExtendedKeyUsage.clientAuth, []);
  return {
    authorityCertificate: pem(authority.rawData, "CERTIFICATE"),
    authorityKey: await keyPem(authorityKeys.privateKey),
    serverCertificate: server.certificate,
    serverKey: server.key,
    clientCertificate: client.certificate,
    clientKey: client.key,
  };
}

function generateKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(KEY_ALGORITHM, true, ["sign", "verify"]);
}

function validityFromNow(): { readonly notBefore: Date; readonly notAfter: Date } {
  const notAfter = new Date();
  notAfter.setUTCFullYear(notAfter.getUTCFullYear() + VALID_YEARS);
  return { notBefore: new Date(Date.now() - CLOCK_SKEW_MS), notAfter };
}

/** 127 random bits: positive, as RFC 5280 demands, and never the same twice. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString("hex");
}
