/** Queue of bytes that are pushed and taken in pieces of different lengths. */
export class ByteQueue {
  readonly #chunks: Buffer[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** Returns the first bytes without removing them; fewer if the queue is shorter. */
  peek(count: number): Buffer {
    const [first] = this.#chunks;
    if (first && first.length >= count) return first.subarray(0, count);
    const parts: Buffer[] = [];
    let missing = Math.min(count, this.#length);
    for (let index = 0; missing > 0; index += 1) {
      const part = this.#chunks[index]?.subarray(0, missing) ?? Buffer.alloc(missing);
      parts.push(part);
      missing -= part.length;
    }
    return Buffer.concat(parts);
  }

  /** @throws RangeError if the queue is shorter. */
  take(count: number): Buffer {
    if (count > this.#length) throw new RangeError(`cannot take ${count} of ${this.#length} bytes`);
    const taken = this.peek(count);
    let left = count;
    while (left > 0) {
      const first = this.#chunks[0] ?? Buffer.alloc(0);
      if (first.length <= left) this.#chunks.shift();
      else this.#chunks[0] = first.subarray(left);
      left -= Math.min(left, first.length);
    }
    this.#length -= count;
    return taken;
  }
}
