import { openServersDirectory, SERVERS_DIRECTORY, stopServers } from "./shared_server.ts";

/** Gives the test run a folder for its servers and stops them when it ends. Starts none itself: the first test that needs one does. */
export default async function globalSetup(): Promise<() => Promise<void>> {
  const directory = await openServersDirectory();
  process.env[SERVERS_DIRECTORY] = directory;
  return () => stopServers(directory);
}
