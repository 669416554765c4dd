import { openStore } from "../../../../../core/store/open_store.ts";

// Uses an rclone until it is killed; tells when it has begun.
const [place = ""] = process.argv.slice(2);
const store = await openStore(place, { environment: process.env });
await store.write("a", new Uint8Array(10));
process.stdout.write("begun\n");
setInterval(() => {}, 1000);
