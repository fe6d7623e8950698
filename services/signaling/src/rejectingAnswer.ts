/**
 * Builds the answer that rejects all media of an offer: every m-line gets port 0 (RFC 3264, section 6; RFC 8829, section
 * 5.3.1).
 *
 * @param offerSdp any text.
 * @returns undefined if the offer has no m-lines or a malformed one: then no client has sent it.
 */
export function rejectingAnswer(offerSdp: string): string | undefined {
  const sections = offerSdp.split(/^m=/m).slice(1);
  const rejected = sections.map(rejectedSection);
  if (rejected.length === 0 || rejected.includes(undefined)) return undefined;
  return ["v=0", "o=- 0 1 IN IP4 0.0.0.0", "s=-", "t=0 0", ...rejected.flat(), ""].join("\r\n");
}

function rejectedSection(section: string): string[] | undefined {
  // One of the offered formats is enough for a rejected m-line, and at least one is required.
  const [, type, protocol, format] = /^(\S{1,32}) \d+(?:\/\d+)? (\S{1,64}) (\S{1,64})/.exec(section) ?? [];
  if (!type || !protocol || !format) return undefined;
  const mid = /^a=mid:(\S{1,128})/m.exec(section)?.[1];
  return [
    `m=${type} 0 ${protocol} ${format}`,
    "c=IN IP4 0.0.0.0",
    "a=inactive",
    ...(mid === undefined ? [] : [`a=mid:${mid}`]),
    ...rtpmapOf(section, format),
  ];
}

/** Firefox rejects dynamic formats without their names. */
function rtpmapOf(section: string, format: string): string[] {
  const line = section.split(/\r?\n/).find((one) => one.startsWith(`a=rtpmap:${format} `));
  return line !== undefined && line.length <= 128 ? [line] : [];
}
