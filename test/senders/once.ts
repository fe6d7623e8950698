const made = new Map<string, Promise<unknown>>();

/** Makes what several senders send only once. @param what a key that tells everything that the result depends on. */
export function once<Made>(what: string, make: () => Promise<Made>): Promise<Made> {
  const known = (made.get(what) as Promise<Made> | undefined) ?? make();
  made.set(what, known);
  return known;
}
