import { useQuery } from "@tanstack/react-query";
import { formatsQuery } from "../../state/queries";

/** The accepted files, and where they are sent. */
export function FormatsRead() {
  const { data } = useQuery(formatsQuery);
  return (
    <>
      {data && (
        <span className="dim">
          {new Intl.ListFormat("en", { type: "disjunction" }).format(data.map(({ name }) => name))}
        </span>
      )}
      <span className="dim">The file is sent to this server only.</span>
    </>
  );
}
