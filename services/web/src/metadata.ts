/** What a page told about its leg, as an object; anything else tells nothing. */
function fieldsOf(metadata: unknown): Record<string, unknown> {
  return typeof metadata === "object" && metadata !== null && !Array.isArray(metadata) ? { ...metadata } : {};
}

/** A text field that is not empty. */
export function textIn(metadata: unknown, field: string): string | undefined {
  const value = fieldsOf(metadata)[field];
  return typeof value === "string" && value.trim() !== "" ? value : undefined;
}

/** Who a leg is: the name its page gave, or its peer id. */
export function whoIs(leg: { peerId: string; metadata: unknown }): string {
  return textIn(leg.metadata, "name") ?? leg.peerId;
}

/** All fields but the name, as text. */
export function otherFields(metadata: unknown): [name: string, text: string][] {
  if (typeof metadata === "string" && metadata !== "") return [["metadata", metadata]];
  return Object.entries(fieldsOf(metadata))
    .filter(([name]) => name !== "name")
    .map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]);
}
