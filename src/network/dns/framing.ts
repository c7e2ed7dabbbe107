/** DNS messages in a TCP stream: each behind its length. RFC 1035, section 4.2.2 */

const LENGTH_BYTES = 2;

export function prefixed(message: Buffer): Buffer {
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

/** Takes the stream's parts; calls `onMessage` for each whole message. Keeps no more than one message. */
export function messageReader(onMessage: (message: Buffer) => void): (part: Buffer) => void {
  let kept: Buffer = Buffer.alloc(0);
  return (part) => {
    kept = kept.length === 0 ? part : Buffer.concat([kept, part]);
    while (kept.length >= LENGTH_BYTES) {
      const end = LENGTH_BYTES + kept.readUInt16BE(0);
      if (kept.length < end) return;
      const message = kept.subarray(LENGTH_BYTES, end);
      kept = kept.subarray(end);
      onMessage(message);
    }
  };
}
