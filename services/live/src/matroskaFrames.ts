import { ByteQueue } from "./byteQueue.ts";
import { blockOf, elementHeader, HEADER_BYTES, ID, unsigned } from "./element.ts";

/** A frame with its timestamp in the file. */
export interface Frame {
  ms: number;
  data: Buffer;
}

/** Elements that are entered rather than skipped. */
const ENTERED: ReadonlySet<number> = new Set([ID.segment, ID.cluster, ID.blockGroup]);

/** Yields the frames of a Matroska stream with one track, as they arrive. */
export async function* matroskaFrames(stream: AsyncIterable<Buffer>): AsyncGenerator<Frame> {
  const queue = new ByteQueue();
  let clusterMs = 0;
  let skipping = 0;
  for await (const chunk of stream) {
    queue.push(chunk);
    for (;;) {
      const skipped = Math.min(skipping, queue.length);
      queue.take(skipped);
      skipping -= skipped;
      const header = skipping > 0 ? undefined : elementHeader(queue.peek(HEADER_BYTES));
      if (!header) break;
      const { id, length, size = 0 } = header;
      if (ENTERED.has(id)) {
        queue.take(length);
      } else if (id === ID.timestamp || id === ID.simpleBlock || id === ID.block) {
        if (queue.length < length + size) break;
        const content = queue.take(length + size).subarray(length);
        const block = id === ID.timestamp ? undefined : blockOf(content);
        if (block) yield { ms: clusterMs + block.relativeMs, data: block.data };
        else clusterMs = unsigned(content);
      } else {
        skipping = length + size;
      }
    }
  }
}
