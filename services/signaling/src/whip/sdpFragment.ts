/** SDP fragments of `application/trickle-ice-sdpfrag` (RFC 8840, section 9), as WHIP clients send them. */

export interface IceCredentials {
  ufrag: string;
  pwd: string;
}

export interface FragmentCandidate {
  /** As in `RTCIceCandidate.candidate`: `candidate:…`. */
  candidate: string;
  sdpMid: string | null;
}

export interface SdpFragment {
  /** Credentials of the candidates' ICE session. */
  ice: IceCredentials;
  candidates: readonly FragmentCandidate[];
}

const LINE_LIMIT_CHARACTERS = 1_024;
/** A host with many addresses gathers several dozen. */
const CANDIDATES_LIMIT = 200;
/** RFC 8839, section 5.4. */
const ICE_CHARACTERS = /^[A-Za-z0-9+/]{4,256}$/;
const CANDIDATE = /^candidate:[A-Za-z0-9+/]{1,32} [\x20-\x7e]+$/;

/** @returns undefined if the text is not a fragment with ICE credentials. */
export function parseFragment(text: string): SdpFragment | undefined {
  const candidates: FragmentCandidate[] = [];
  let ufrag: string | undefined;
  let pwd: string | undefined;
  let sdpMid: string | null = null;
  for (const line of linesOf(text)) {
    if (line.length > LINE_LIMIT_CHARACTERS) return undefined;
    const [, name, value = ""] = /^a=([a-z-]+):?(.*)$/.exec(line) ?? [];
    if (line.startsWith("m=")) sdpMid = null;
    if (name === "ice-ufrag") ufrag ??= value;
    if (name === "ice-pwd") pwd ??= value;
    if (name === "mid") sdpMid = value;
    if (name === "candidate") candidates.push({ candidate: `candidate:${value}`, sdpMid });
  }
  if (!ICE_CHARACTERS.test(ufrag ?? "") || !ICE_CHARACTERS.test(pwd ?? "")) return undefined;
  if (candidates.length > CANDIDATES_LIMIT || !candidates.every(({ candidate }) => CANDIDATE.test(candidate))) {
    return undefined;
  }
  return { ice: { ufrag: ufrag as string, pwd: pwd as string }, candidates };
}

/** The first ICE credentials of a session description; undefined if it has none. */
export function iceOf(sdp: string): IceCredentials | undefined {
  const ufrag = /^a=ice-ufrag:(\S+)/m.exec(sdp)?.[1];
  const pwd = /^a=ice-pwd:(\S+)/m.exec(sdp)?.[1];
  return ufrag && pwd ? { ufrag, pwd } : undefined;
}

/** The fingerprint of the certificate in a session description. */
export function fingerprintOf(sdp: string): string | undefined {
  return /^a=fingerprint:(.*?)\r?$/m.exec(sdp)?.[1]?.toUpperCase();
}

/** Creates an offer that only restarts ICE: new credentials, no candidates, and a higher version. */
export function withIce(offer: string, { ufrag, pwd }: IceCredentials): string {
  const lines = linesOf(offer).filter((line) => !/^a=(candidate:|end-of-candidates)/.test(line));
  const changed = lines.map((line) => {
    if (line.startsWith("a=ice-ufrag:")) return `a=ice-ufrag:${ufrag}`;
    if (line.startsWith("a=ice-pwd:")) return `a=ice-pwd:${pwd}`;
    return line.replace(/^(o=\S+ \S+ )(\d+)/, (_, before, version) => `${before}${BigInt(version) + 1n}`);
  });
  return changed.map((line) => `${line}\r\n`).join("");
}

/** The ICE part of an answer: session attributes, and the attributes of the m-line that carries the BUNDLE group. */
export function iceFragmentOf(answer: string): string {
  const [session = [], ...media] = sectionsOf(answer);
  const carrier = media.find((lines) => lines.some((line) => CANDIDATE_LINE.test(line))) ?? media[0] ?? [];
  const candidates = carrier.filter((line) => CANDIDATE_LINE.test(line));
  const lines = [
    ...session.filter((line) => /^a=(ice-lite|ice-options:|group:BUNDLE |ice-ufrag:|ice-pwd:)/.test(line)),
    ...carrier.filter((line) => /^(m=|a=(mid:|ice-ufrag:|ice-pwd:))/.test(line)),
    ...firstOfEachFamily(candidates),
    ...(candidates.length > 0 ? ["a=end-of-candidates"] : []),
  ];
  return lines.map((line) => `${line}\r\n`).join("");
}

const CANDIDATE_LINE = /^a=candidate:/;

/** Candidates are optional here (RFC 9725, section 4.3.3), and whip-whep 1.2 creates broken SDP from more than one. */
function firstOfEachFamily(candidates: readonly string[]): string[] {
  const isIpv6 = (line: string) => line.split(" ")[4]?.includes(":") === true;
  const ipv4 = candidates.find((line) => !isIpv6(line));
  const ipv6 = candidates.find(isIpv6);
  return candidates.filter((line) => line === ipv4 || line === ipv6);
}

/** The session's lines, then the lines of each m-line. */
function sectionsOf(sdp: string): string[][] {
  const sections: string[][] = [[]];
  for (const line of linesOf(sdp)) {
    if (line.startsWith("m=")) sections.push([]);
    sections.at(-1)?.push(line);
  }
  return sections;
}

function linesOf(text: string): string[] {
  return text.split(/\r?\n/).filter((line) => line !== "");
}
