import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/** What a signature is for. A link's signature is not valid for a session. */
type Purpose = "session" | "file-link";

/** The API token: used to compare and to sign, never shown. */
export class Secret {
  readonly #key: Buffer;

  /** @param token if undefined, a random key is used, and signatures are valid until this process ends. */
  constructor(token: string | undefined) {
    this.#key = token === undefined ? randomBytes(32) : digest("token", token);
  }

  /** Compares in constant time, independent of the lengths. */
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
