const UNITS = ["B", "kB", "MB", "GB", "TB"] as const;
const REASONS: Readonly<Record<string, string>> = {
  force_close: "hung up",
  leave: "left the page",
  closed: "connection closed",
  dtls_closed: "connection closed",
  ice_failed: "connection lost",
  deleted: "ended by the recorder",
  stopped: "stopped here",
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
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

/** A time of today by the clock alone, any other with its date. */
export function instant(iso: string, now = new Date()): string {
  const at = new Date(iso);
  const clock = at.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  if (at.toDateString() === now.toDateString()) return clock;
  return `${at.toLocaleDateString(undefined, { year: "numeric", month: "short", day: "numeric" })}, ${clock}`;
}

/** Why a leg ended, in words. */
export function ending(reason: string): string {
  return REASONS[reason] ?? reason.replaceAll("_", " ");
}

/** The name that a page gave its leg in metadata, as plain text. */
export function nameOf(metadata: unknown): string | undefined {
  if (typeof metadata !== "object" || metadata === null || !("name" in metadata)) return undefined;
  return typeof metadata.name === "string" && metadata.name !== "" ? metadata.name : undefined;
}
