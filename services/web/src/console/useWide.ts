import { useEffect, useState } from "preact/hooks";

const WIDE = "(min-width: 60rem)";

/** Whether list and call stand beside each other; console.css has the same width. */
export function useWide(): boolean {
  const [wide, setWide] = useState(() => matchMedia(WIDE).matches);
  useEffect(() => {
    const query = matchMedia(WIDE);
    const look = () => setWide(query.matches);
    query.addEventListener("change", look);
    return () => query.removeEventListener("change", look);
  }, []);
  return wide;
}
