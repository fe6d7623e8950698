const HEADER_BYTES = 44;
const FORMAT_BYTES = 16;
const PCM = 1;
const SAMPLE_BYTES = 2;
const FULL_SCALE = 32_767;

/** Header of a WAV file with one channel of 16 bits (Multimedia Programming Interface and Data Specifications 1.0). */
export function wavHeader(samples: number, sampleRate: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  const bytes = samples * SAMPLE_BYTES;
  header.write("RIFF", 0, "latin1");
  header.writeUInt32LE(HEADER_BYTES - 8 + bytes, 4);
  header.write("WAVEfmt ", 8, "latin1");
  header.writeUInt32LE(FORMAT_BYTES, 16);
  header.writeUInt16LE(PCM, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(sampleRate, 24);
  header.writeUInt32LE(sampleRate * SAMPLE_BYTES, 28);
  header.writeUInt16LE(SAMPLE_BYTES, 32);
  header.writeUInt16LE(8 * SAMPLE_BYTES, 34);
  header.write("data", 36, "latin1");
  header.writeUInt32LE(bytes, 40);
  return header;
}

/** Converts samples to 16 bits. Levels outside -1 to 1 are clipped. */
export function wavSamples(samples: Float32Array): Buffer {
  const bytes = Buffer.allocUnsafe(samples.length * SAMPLE_BYTES);
  samples.forEach((level, index) => {
    bytes.writeInt16LE(Math.round(Math.min(Math.max(level, -1), 1) * FULL_SCALE), index * SAMPLE_BYTES);
  });
  return bytes;
}
