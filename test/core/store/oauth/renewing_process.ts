import { oauthTokens } from "../../../../core/store/oauth/oauth_tokens.ts";

/** A process of its own that shares a token file: asks for a header `count` times, calls each refused, and prints the last. */
const [path = "", tokenUrl = "", count = "1"] = process.argv.slice(2);
const info = { service: "dropbox", name: "", workDirectory: "/" };
const provider = { name: "Fake", tokenUrl };
const tokens = await oauthTokens(info, { credential: { kind: "file", path }, provider, environment: {} });
let header = "";
for (let round = 0; round < Number(count); round++) {
  header = await tokens.authorization({ operation: "stat" });
  tokens.refused(header);
}
tokens.close();
process.stdout.write(header);
