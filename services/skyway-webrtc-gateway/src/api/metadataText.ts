/** A string, although the reference says object; indented as by the official gateway. */
export function metadataText(metadata: unknown): string {
  return metadata === undefined || metadata === null ? "" : JSON.stringify(metadata, null, 4);
}
