/** Certificates for tests of who reads their subject: the body only, since nobody there looks at the signature. */

function tagged(tag: number, ...content: (number[] | Uint8Array)[]): number[] {
  const bytes = content.flatMap((part) => [...part]);
  return [tag, ...(bytes.length < 128 ? [bytes.length] : [0x81, bytes.length]), ...bytes];
}

const text = (value: string): number[] => tagged(0x0c, new TextEncoder().encode(value));
const name = (id: number, value: string): number[] => tagged(0x31, tagged(0x30, tagged(0x06, [0x55, 4, id]), text(value)));
const time = (value: string): number[] => tagged(0x17, new TextEncoder().encode(value));

/** DER; valid until 2049-12-31. */
export function certificateFor(commonName: string, organizations: readonly string[]): Uint8Array {
  const body = tagged(
    0x30,
    tagged(0xa0, tagged(0x02, [2])),
    tagged(0x02, [1]),
    tagged(0x30),
    tagged(0x30, name(3, "issuer")),
    tagged(0x30, time("260101000000Z"), time("491231000000Z")),
    tagged(0x30, ...organizations.map((each) => name(10, each)), name(3, commonName)),
  );
  return Uint8Array.from(tagged(0x30, body));
}
