/**
 * Compares an offer with its answer. A WHIP client must not believe that all of its media is received if a part of it is
 * not (RFC 9725, section 4.4.3).
 */

/** One m-line of a session description. */
interface Section {
  type: string;
  mid: string;
  isOpen: boolean;
  sends: boolean;
  receives: boolean;
  /** Without those that repeat or protect others. */
  codecs: readonly string[];
}

interface Description {
  sections: readonly Section[];
  /** Mids of the first BUNDLE group; undefined if there is none. */
  bundle: readonly string[] | undefined;
}

const AUXILIARY = new Set(["rtx", "red", "ulpfec", "flexfec", "flexfec-03", "cn", "telephone-event"]);
const NAMES_SHOWN = 10;

/** Whether an offer has audio or video that the client wants to send. */
export function sendsMedia(offer: string): boolean {
  return parse(offer).sections.some(isSent);
}

/**
 * The parts of an offer that have a transport of their own, in words. Peers receive one transport: WHIP demands the
 * bundle policy `max-bundle` (RFC 9725, section 4.4.1).
 */
export function unbundled(offer: string): string[] {
  const { sections, bundle } = parse(offer);
  const open = sections.filter(({ isOpen }) => isOpen);
  if (bundle === undefined && open.length < 2) return [];
  const group = bundle === undefined ? "there is no a=group:BUNDLE" : "it is not in the first a=group:BUNDLE";
  return sections.flatMap((one, index) => {
    if (!isSent(one) || bundle?.includes(one.mid)) return [];
    return [`${nameOf(one, index)} has a transport of its own (${group})`];
  });
}

/** The parts of an offer that its answer does not take, in words. */
export function notTaken(offer: string, answer: string): string[] {
  const answered = parse(answer).sections;
  return parse(offer).sections.flatMap((one, index) => {
    const taken = answered[index];
    if (!isSent(one) || (taken?.isOpen && taken.receives)) return [];
    return [`${nameOf(one, index)} (${[...new Set(one.codecs)].slice(0, NAMES_SHOWN).join(", ") || "no codec"})`];
  });
}

function isSent({ type, isOpen, sends }: Section): boolean {
  return isOpen && sends && (type === "audio" || type === "video");
}

function nameOf({ type }: Section, index: number): string {
  return `the ${type} of m-line ${index + 1}`;
}

function parse(sdp: string): Description {
  const [session = "", ...sections] = sdp.split(/^m=/m);
  const group = /^a=group:BUNDLE ?(.*?)\r?$/m.exec(session)?.[1];
  return { sections: sections.map(section), bundle: group?.split(" ") };
}

function section(text: string, index: number): Section {
  const [, type = "", port = "", formats = ""] = /^(\S+) (\d+)\S* \S+ ?(.*?)\r?\n/.exec(text) ?? [];
  const direction = /^a=(sendrecv|sendonly|recvonly|inactive)\r?$/m.exec(text)?.[1] ?? "sendrecv";
  const names = new Map([...text.matchAll(/^a=rtpmap:(\d+) ([^/\s]+)/gm)].map(([, format, name]) => [format, name]));
  return {
    type,
    mid: /^a=mid:(\S+)/m.exec(text)?.[1] ?? String(index),
    isOpen: port !== "0" || /^a=bundle-only\r?$/m.test(text),
    sends: direction.startsWith("send"),
    receives: direction === "sendrecv" || direction === "recvonly",
    codecs: formats
      .split(" ")
      .flatMap((format) => names.get(format) ?? [])
      .filter((name) => !AUXILIARY.has(name.toLowerCase())),
  };
}
