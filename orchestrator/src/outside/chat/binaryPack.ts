/** Only an attack nests values more deeply. */
const DEPTH_LIMIT = 32;

/** Scalars by type byte: their size in bytes, and how to read them. */
const SCALARS: Readonly<Record<number, readonly [size: number, read: (bytes: Buffer, at: number) => unknown]>> = {
  192: [0, () => null],
  193: [0, () => null], // undefined, which JSON does not have
  194: [0, () => false],
  195: [0, () => true],
  202: [4, (bytes, at) => bytes.readFloatBE(at)],
  203: [8, (bytes, at) => bytes.readDoubleBE(at)],
  204: [1, (bytes, at) => bytes.readUInt8(at)],
  205: [2, (bytes, at) => bytes.readUInt16BE(at)],
  206: [4, (bytes, at) => bytes.readUInt32BE(at)],
  207: [8, (bytes, at) => Number(bytes.readBigUInt64BE(at))],
  208: [1, (bytes, at) => bytes.readInt8(at)],
  209: [2, (bytes, at) => bytes.readInt16BE(at)],
  210: [4, (bytes, at) => bytes.readInt32BE(at)],
  211: [8, (bytes, at) => Number(bytes.readBigInt64BE(at))],
};

type Form = "string" | "bytes" | "array" | "map";

/** Values with a length, by type byte. For short values, the lower half of the type byte is the length. */
const SIZED: Readonly<Record<number, readonly [form: Form, sizeBytes: 2 | 4]>> = {
  216: ["string", 2],
  217: ["string", 4],
  218: ["bytes", 2],
  219: ["bytes", 4],
  220: ["array", 2],
  221: ["array", 4],
  222: ["map", 2],
  223: ["map", 4],
};
const SHORT: Readonly<Record<number, Form>> = { 8: "map", 9: "array", 10: "bytes", 11: "string" };
const NEGATIVE = 0xe0;

/**
 * Reads BinaryPack, the MessagePack variant of 2012 that skyway-js and PeerJS send by default. Existing libraries
 * trust every length and can allocate all memory; here no value is larger than its message. Bytes become a Buffer.
 *
 * @throws RangeError if the message is invalid or truncated.
 */
export function unpack(message: Buffer): unknown {
  return new Unpacker(message).value(0);
}

class Unpacker {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  value(depth: number): unknown {
    if (depth > DEPTH_LIMIT) throw new RangeError("nested too deeply");
    const type = this.#bytes.readUInt8(this.#skip(1));
    if (type < 0x80) return type;
    if (type >= NEGATIVE) return type - 0x100;
    const short = SHORT[type >> 4];
    if (short) return this.#sized(short, type & 0x0f, depth);
    const scalar = SCALARS[type];
    if (scalar) return scalar[1](this.#bytes, this.#skip(scalar[0]));
    const sized = SIZED[type];
    if (!sized) throw new RangeError(`unknown type: ${type}`);
    const [form, sizeBytes] = sized;
    return this.#sized(form, this.#bytes.readUIntBE(this.#skip(sizeBytes), sizeBytes), depth);
  }

  #sized(form: Form, size: number, depth: number): unknown {
    const left = this.#bytes.length - this.#at;
    // Every element has at least one byte, and every entry at least two.
    if ((form === "map" ? 2 * size : size) > left) throw new RangeError("longer than the message");
    switch (form) {
      case "string":
        return this.#take(size).toString("utf8");
      case "bytes":
        return this.#take(size);
      case "array":
        return Array.from({ length: size }, () => this.value(depth + 1));
      case "map":
        return Object.fromEntries(
          Array.from({ length: size }, () => [String(this.value(depth + 1)), this.value(depth + 1)]),
        );
    }
  }

  #take(size: number): Buffer {
    const from = this.#skip(size);
    return this.#bytes.subarray(from, from + size);
  }

  /** @returns the position of the skipped bytes. */
  #skip(bytes: number): number {
    const from = this.#at;
    if (from + bytes > this.#bytes.length) throw new RangeError("truncated");
    this.#at += bytes;
    return from;
  }
}
