/** An environment in which rclone knows these remotes and no others, whatever is configured on this machine. */
export function rcloneEnvironment(
  remotes: Readonly<Record<string, Readonly<Record<string, string>>>>,
): Readonly<Record<string, string>> {
  const entries = Object.entries(remotes).flatMap(([remote, options]) =>
    Object.entries(options).map(([key, value]) => [
      `RCLONE_CONFIG_${remote.toUpperCase()}_${key.toUpperCase()}`,
      value,
    ]),
  );
  return { PATH: process.env["PATH"] ?? "", RCLONE_CONFIG: "/dev/null", ...Object.fromEntries(entries) };
}
