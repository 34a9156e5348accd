/** What stood on the page at an address, so that the sign-in page can name where one goes back to. */
let last: { pathname: string; name: string } | null = null

export function noteWhereabouts(pathname: string, name: string): void {
  last = { pathname, name }
}

export function nameOfPlace(pathname: string): string | undefined {
  return last?.pathname === pathname ? last.name : undefined
}
