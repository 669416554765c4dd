/** Names the place that a connection string leads to: service, name, directory and endpoint, whatever else it says. Two spaces at one place
 *  would fail together. Takes sealed connection strings too. */
export function placeOfSpace(connection: string): string {
  const [address = "", options = ""] = connection.split("?", 2);
  const endpoint = options.split("&").find((option) => option.startsWith("endpoint=")) ?? "";
  return `${address.replace(/\/+$/, "")} ${endpoint}`;
}
