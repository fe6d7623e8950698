export interface DebianPackage {
  name: string;
  version: string;
  architecture: string;
}

/** Installed packages out of dpkg's record (deb822: paragraphs of fields, as in /var/lib/dpkg/status). */
export function debianPackages(status: string): DebianPackage[] {
  return status.split(/\n\n+/).flatMap((paragraph) => {
    const field = (name: string) => new RegExp(`^${name}: (.+)$`, "m").exec(paragraph)?.[1];
    const [name, version, architecture] = [field("Package"), field("Version"), field("Architecture")];
    // A package that was removed stays on record with its configuration.
    if (!name || !version || !architecture || field("Status") !== "install ok installed") return [];
    return [{ name, version, architecture }];
  });
}
