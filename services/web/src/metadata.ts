/** The metadata that a page sent with its leg; empty if it is not an object. */
function fieldsOf(metadata: unknown): Record<string, unknown> {
  return typeof metadata === "object" && metadata !== null && !Array.isArray(metadata) ? { ...metadata } : {};
}

/** A non-empty text field. */
export function textField(metadata: unknown, field: string): string | undefined {
  const value = fieldsOf(metadata)[field];
  return typeof value === "string" && value.trim() !== "" ? value : undefined;
}

interface NamedLeg {
  peerId: string;
  metadata: unknown;
  /** The leg of the same caller, if this one has further tracks of it. */
  beside?: string | undefined;
}

/** A leg's name from its metadata, or its peer id. */
export function displayName({ peerId, metadata, beside }: NamedLeg): string {
  const name = textField(metadata, "name") ?? peerId;
  return beside === undefined ? name : `${name}, further tracks`;
}

/** The names of a call's participants, each once, even if a participant has several legs at the same time. */
export function callerNames(legs: readonly NamedLeg[]): string[] {
  return legs.filter(({ beside }) => beside === undefined).map(displayName);
}

/** All fields except the name, as text. */
export function otherFields(metadata: unknown): [name: string, text: string][] {
  if (typeof metadata === "string" && metadata !== "") return [["metadata", metadata]];
  return Object.entries(fieldsOf(metadata))
    .filter(([name]) => name !== "name")
    .map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]);
}
