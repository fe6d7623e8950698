const DAY_MS = 86_400_000;
const BYTE_UNITS = ["B", "kB", "MB", "GB", "TB"] as const;
const CODECS: Readonly<Record<string, string>> = { opus: "Opus", vp8: "VP8", vp9: "VP9", h264: "H.264", av1: "AV1" };
const REASONS: Readonly<Record<string, string>> = {
  force_close: "hung up",
  leave: "left the page",
  closed: "connection closed",
  dtls_closed: "connection closed",
  track_removed: "track removed",
  ice_failed: "connection lost",
  deleted: "ended by the recorder",
  stopped: "stopped from the console",
  shutdown: "the recorder was shut down",
  gateway_lost: "the gateway was lost",
  recorder_lost: "the recorder was lost",
  orchestrator_lost: "the orchestrator was restarted",
};

/** Seconds as m:ss, or h:mm:ss from an hour on. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] ? parts : parts.slice(1);
  return shown.map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, "0"))).join(":");
}

/** Bytes in decimal units, as file managers show them. */
export function bytes(count: number): string {
  let value = count;
  let unit = 0;
  while (value >= 1000 && unit < BYTE_UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${BYTE_UNITS[unit]}`;
}

/** The time of day in the user's locale. */
export function clock(iso: string): string {
  return new Date(iso).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

/** Today, Yesterday, or the date. */
export function day(iso: string, now = new Date()): string {
  const at = new Date(iso);
  if (at.toDateString() === now.toDateString()) return "Today";
  if (at.toDateString() === new Date(now.getTime() - DAY_MS).toDateString()) return "Yesterday";
  return at.toLocaleDateString(undefined, { year: "numeric", month: "long", day: "numeric" });
}

/** The usual spelling of a codec's name. */
export function codecName(codec: string): string {
  return CODECS[codec] ?? codec.toUpperCase();
}

/** Why a leg ended, as text. */
export function endReason(reason: string): string {
  return REASONS[reason] ?? reason.replaceAll("_", " ");
}

/** Makes a sentence of an error message, which starts in lower case and has no full stop. */
export function sentence(text: string): string {
  const begun = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
