/** Real metadata is flat. Deep nesting is an attack on recursive readers. */
const MAX_DEPTH = 32;
const MAX_VALUES = 10_000;

/** Whether a value is JSON (or bytes, which socket.io also carries) within these limits. */
export function isPlainData(value: unknown): boolean {
  const open: { value: unknown; depth: number }[] = [{ value, depth: 0 }];
  let seen = 0;
  for (let next = open.pop(); next; next = open.pop()) {
    const { value, depth } = next;
    seen += 1;
    if (seen > MAX_VALUES || depth > MAX_DEPTH) return false;
    if (value === undefined || value === null || Buffer.isBuffer(value)) continue;
    if (Array.isArray(value)) {
      if (value.length > MAX_VALUES) return false;
      for (const item of value) open.push({ value: item, depth: depth + 1 });
    } else if (typeof value === "object") {
      const items = Object.values(value);
      if (items.length > MAX_VALUES) return false;
      for (const item of items) open.push({ value: item, depth: depth + 1 });
    } else if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") {
      return false;
    }
  }
  return true;
}
