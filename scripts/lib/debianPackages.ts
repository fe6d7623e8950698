export interface DebianPackage {
  name: string;
  version: string;
  architecture: string;
}

/** Installed packages from dpkg's status file (deb822: paragraphs of fields, as in /var/lib/dpkg/status). */
export function debianPackages(status: string): DebianPackage[] {
  return status.split(/\n\n+/).flatMap((paragraph) => {
    const field = (name: string) => new RegExp(`^${name}: (.+)$`, "m").exec(paragraph)?.[1];
    const [name, version, architecture] = [field("Package"), field("Version"), field("Architecture")];
    // A removed package keeps its entry while its configuration files remain.
    if (!name || !version || !architecture || field("Status") !== "install ok installed") return [];
    return [{ name, version, architecture }];
  });
}
