/** `$(NAME)` in commands, arguments and values: replaced where the name is known, left as it is elsewhere; `$$` is a dollar sign. */
export function expand(text: string, lookup: (name: string) => string | undefined): string {
  return text.replace(/\$(\$|\(([^)]*)\))/g, (whole, what: string, name: string | undefined) =>
    what === "$" ? "$" : (lookup(name ?? "") ?? whole),
  );
}
