import { openLayeredSftp } from "../../../servers/open_sftp.ts";
import { createSftpRoot, openssh } from "../../../servers/openssh.ts";
import { requireServer } from "../../../servers/require_server.ts";
import { testStore } from "../../../suites/test_store.ts";

requireServer("openssh")("sftp on OpenSSH", () => {
  testStore("sftp", async () => {
    const server = await openssh();
    return await openLayeredSftp(server, await createSftpRoot(server));
  });
});
