import type { Clock } from "../../clock.ts";
import type { Secret } from "./secret.ts";

export const SESSION_COOKIE = "call_recorder_session";
const LIFETIME_S = 7 * 24 * 3600;

/**
 * Sessions of the console. A session is a cookie signed with the token. No state is kept here: sessions survive a
 * restart, and a new token ends all of them.
 */
export class Sessions {
  readonly #secret: Secret;
  readonly #clock: Clock;

  constructor(secret: Secret, clock: Clock) {
    this.#secret = secret;
    this.#clock = clock;
  }

  /** The `Set-Cookie` header of a new session. */
  open(overTls: boolean): string {
    const expires = String(Math.floor(this.#clock.now().getTime() / 1000) + LIFETIME_S);
    return cookie(`${expires}.${this.#secret.sign("session", expires)}`, LIFETIME_S, overTls);
  }

  /** The `Set-Cookie` header that deletes the session cookie. */
  close(overTls: boolean): string {
    return cookie("", 0, overTls);
  }

  /** @param header the request's `Cookie` header. */
  isOpen(header: string | undefined): boolean {
    const [expires = "", signature = ""] = sessionOf(header)?.split(".") ?? [];
    return this.#secret.verifies("session", expires, signature) && Number(expires) * 1000 > this.#clock.now().getTime();
  }
}

/** RFC 6265, section 4.1. */
function cookie(value: string, maxAgeSeconds: number, overTls: boolean): string {
  const fields = [`${SESSION_COOKIE}=${value}`, "Path=/", `Max-Age=${maxAgeSeconds}`, "HttpOnly", "SameSite=Strict"];
  return [...fields, ...(overTls ? ["Secure"] : [])].join("; ");
}

function sessionOf(header: string | undefined): string | undefined {
  const pairs = header?.split(";").map((pair) => pair.trim()) ?? [];
  return pairs.find((pair) => pair.startsWith(`${SESSION_COOKIE}=`))?.slice(SESSION_COOKIE.length + 1);
}
