import type { ServiceOption } from "../service.ts";

/** What connection strings of all services with OAuth logins may say, for their tables of options. */
export const OAUTH_OPTIONS = [
  {
    key: "credential",
    type: "credential",
    help: "file:/PATH of a token as JSON (what rclone authorize prints), which is renewed in place; base64:CONTENT of the same, apikey:TOKEN for an access token, or env (JCS_<SERVICE>_TOKEN); the environment unless given",
  },
  {
    key: "client_id",
    type: "string",
    help: "the app that the token was given to, to renew it with; client_id in the token unless given",
  },
  { key: "client_secret", type: "string", secret: true, help: "its secret, where it has one" },
  {
    key: "token_url",
    type: "string",
    help: "where tokens are renewed; the provider's own server unless given",
  },
] as const satisfies readonly ServiceOption[];
