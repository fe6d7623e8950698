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
  /** Of the ICE session that the candidates belong to. */
  ice: IceCredentials;
  candidates: readonly FragmentCandidate[];
}

const LINE_LIMIT_CHARACTERS = 1_024;
/** A host with many addresses gathers some dozens. */
const CANDIDATES_LIMIT = 200;
/** RFC 8839, section 5.4. */
const ICE_CHARACTERS = /^[A-Za-z0-9+/]{4,256}$/;
const CANDIDATE = /^candidate:[A-Za-z0-9+/]{1,32} [\x20-\x7e]+$/;

/** @returns undefined for what is no fragment with ICE credentials. */
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

function linesOf(text: string): string[] {
  return text.split(/\r?\n/).filter((line) => line !== "");
}
