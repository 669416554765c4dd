/** The checksum QuickXorHash as its description has it, byte by byte: slow, and easily compared with the text. In Base64.
 *  Source: Microsoft, OneDrive documentation, "Code Snippets: QuickXorHash Algorithm". */
export function plainQuickXorHash(bytes: Uint8Array): string {
  const block = new Uint8Array(20);
  const xor = (bit: number, value: number) => {
    for (let place = 0; place < 8; place++) {
      const at = (bit + place) % 160;
      const byte = at >> 3;
      block[byte] = block[byte]! ^ (((value >> place) & 1) << (at & 7));
    }
  };
  for (let index = 0; index < bytes.length; index++) xor((index * 11) % 160, bytes[index]!);
  for (let place = 0; place < 8; place++) {
    block[12 + place] = block[12 + place]! ^ (Math.floor(bytes.length / 256 ** place) % 256);
  }
  return Buffer.from(block).toString("base64");
}
