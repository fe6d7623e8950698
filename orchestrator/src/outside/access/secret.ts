import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/** A signature's use: one made for a link never passes as a session. */
type Purpose = "session" | "file-link";

/** The API token, as far as this program has to know it: compared and signed with, never shown. */
export class Secret {
  readonly #key: Buffer;

  /** @param token without one, signatures are worth something until this process ends. */
  constructor(token: string | undefined) {
    this.#key = token === undefined ? randomBytes(32) : digest("token", token);
  }

  /** In constant time, whatever the lengths. */
  matches(token: string): boolean {
    return timingSafeEqual(digest("token", token), this.#key);
  }

  sign(purpose: Purpose, text: string): string {
    return digest(this.#key, `${purpose}\n${text}`).toString("base64url");
  }

  verifies(purpose: Purpose, text: string, signature: string): boolean {
    return timingSafeEqual(digest("equal", this.sign(purpose, text)), digest("equal", signature));
  }
}

function digest(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
