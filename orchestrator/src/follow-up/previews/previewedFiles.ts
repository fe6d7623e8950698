import type { Manifest, RecordingFile } from "../../archive/library/manifest.ts";

/** The files of a call that get previews: its recordings, without their single tracks, and its film. */
export function previewedFiles({ legs, film }: Manifest): RecordingFile[] {
  const files = legs.flatMap((leg) => {
    const rolled = "files" in leg ? (leg.files ?? []) : [];
    if (rolled.length > 0) return rolled.flatMap(({ file }) => (file ? [file] : []));
    return leg.state === "ready" ? [leg.file] : [];
  });
  return film ? [...files, film.file] : files;
}
