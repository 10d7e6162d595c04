// What a page does first: it learns its English. For tests of modules that say something.

import { learnEnglish } from "../../public/app/words.js"
import { tableOf } from "../../scripts/words.js"

learnEnglish(tableOf("en"))
