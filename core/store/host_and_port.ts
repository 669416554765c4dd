/** A server as the name of a connection string gives it: `HOST`, `HOST:PORT` or `[IPV6]:PORT`. `undefined` when it is neither. */
export function hostAndPort(
  name: string,
  defaultPort: number,
): { readonly host: string; readonly port: number } | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(name);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3] ?? defaultPort);
  return host === undefined || port === 0 || port > 65_535 ? undefined : { host, port };
}
