/** Where the frame begins behind its payload descriptor, which is not checked (RFC 7741, section 4.2). */
export function vp8FrameAt(packet: Uint8Array, start: number, end: number): number {
  let at = start + 1;
  if (start < end && (packet[start] as number) & 0x80) {
    if (at >= end) return end;
    const extension = packet[at++] as number;
    if (extension & 0x80) at += (packet[at] as number) & 0x80 ? 2 : 1;
    if (extension & 0x40) at++;
    if (extension & 0x30) at++;
  }
  return at;
}
