/** The names of the certificate files, in the folder of the configuration. Keys have mode 0600. */
export const CERTIFICATE_FILES = {
  authorityCertificate: "ca_cert.pem",
  /** Needed only to issue more certificates: keep it apart, jcs runs without it. */
  authorityKey: "ca_key.pem",
  serverCertificate: "server_cert.pem",
  serverKey: "server_key.pem",
  clientCertificate: "client_cert.pem",
  clientKey: "client_key.pem",
} as const;

/** One of {@link CERTIFICATE_FILES}. */
export type CertificateFile = keyof typeof CERTIFICATE_FILES;
