// The build empties dist; the committed .gitkeep must come back, since the
// Go package beside it embeds the folder and git would show it as deleted.
import { writeFileSync } from 'node:fs'

writeFileSync(new URL('../dist/.gitkeep', import.meta.url), '')
