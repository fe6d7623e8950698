/** The metadata that a page sent with its leg; empty if it is not an object. */
function fieldsOf(metadata: unknown): Record<string, unknown> {
  return typeof metadata === "object" && metadata !== null && !Array.isArray(metadata) ? { ...metadata } : {};
}

/** A non-empty text field. */
export function textField(metadata: unknown, field: string): string | undefined {
  const value = fieldsOf(metadata)[field];
  return typeof value === "string" && value.trim() !== "" ? value : undefined;
}

/** A leg's name from its metadata, or its peer id. */
export function displayName(leg: { peerId: string; metadata: unknown }): string {
  return textField(leg.metadata, "name") ?? leg.peerId;
}

/** All fields except the name, as text. */
export function otherFields(metadata: unknown): [name: string, text: string][] {
  if (typeof metadata === "string" && metadata !== "") return [["metadata", metadata]];
  return Object.entries(fieldsOf(metadata))
    .filter(([name]) => name !== "name")
    .map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]);
}
