import { z } from "zod";
import type { Serialization } from "../../recording/gateway/gateway.ts";
import { unpack } from "./binaryPack.ts";

/** What somebody said: text, any other JSON value, or bytes that are neither. */
export type Said = { text: string } | { json: unknown } | { base64: string };

/** Of messages that come in parts; more are an attack, or a mistake. */
const MAX_UNFINISHED = 16;
const MAX_PARTS = 1_000;
const MAX_UNFINISHED_BYTES = 4 * 1024 * 1024;

const part = z.int().min(0).max(MAX_PARTS);
/** skyway-js sends every message of its default serialization so, the last of the parts packed once more. */
const SkywayPart = z.object({
  id: z.string(),
  index: part,
  totalParts: part.min(1),
  data: z.instanceof(Buffer),
});
/** PeerJS does so with what is large. */
const PeerJsPart = z
  .object({ __peerData: z.number(), n: part, total: part.min(1), data: z.instanceof(Buffer) })
  .transform(({ __peerData, n, total, data }) => ({ id: `${__peerData}`, index: n, totalParts: total, data }));
const Part = z.union([SkywayPart, PeerJsPart]);
type Part = z.infer<typeof Part>;

/** Reads the messages of one data connection. Nothing that a page can send makes it throw. */
export class MessageReader {
  readonly #serialization: Serialization;
  readonly #unfinished = new Map<string, (Buffer | undefined)[]>();

  constructor(serialization: Serialization) {
    this.#serialization = serialization;
  }

  /** @returns undefined while parts of the message are missing. */
  read(message: Buffer): Said | undefined {
    if (this.#serialization === "NONE") return plain(message);
    try {
      if (this.#serialization === "JSON") return said(JSON.parse(message.toString("utf8")));
      const value = unpack(message);
      const { success, data } = Part.safeParse(value);
      return success ? this.#joined(data) : said(value);
    } catch {
      return plain(message);
    }
  }

  #joined({ id, index, totalParts, data }: Part): Said | undefined {
    const parts = this.#unfinished.get(id) ?? new Array<Buffer | undefined>(totalParts).fill(undefined);
    if (index < parts.length) parts[index] = data;
    this.#unfinished.delete(id);
    if (parts.includes(undefined)) {
      this.#unfinished.set(id, parts);
      this.#forgetOldest();
      return undefined;
    }
    return said(unpack(Buffer.concat(parts.filter((one) => one !== undefined))));
  }

  #forgetOldest(): void {
    const sizes = [...this.#unfinished].map(([id, parts]) => ({ id, bytes: bytesOf(parts) }));
    let bytes = sizes.reduce((sum, one) => sum + one.bytes, 0);
    for (const one of sizes) {
      if (this.#unfinished.size <= MAX_UNFINISHED && bytes <= MAX_UNFINISHED_BYTES) return;
      this.#unfinished.delete(one.id);
      bytes -= one.bytes;
    }
  }
}

const bytesOf = (parts: readonly (Buffer | undefined)[]): number =>
  parts.reduce((sum, one) => sum + (one?.byteLength ?? 0), 0);

function said(value: unknown): Said {
  if (typeof value === "string") return { text: value };
  if (Buffer.isBuffer(value)) return plain(value);
  return { json: value };
}

/** Bytes that are text are kept as such. */
function plain(bytes: Buffer): Said {
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    return { base64: bytes.toString("base64") };
  }
}
