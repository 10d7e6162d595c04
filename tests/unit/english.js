// Loads the English texts like a page, for tests of modules that use texts.

import { learnEnglish } from "../../public/app/words.js"
import { tableOf } from "../../scripts/words.js"

learnEnglish(tableOf("en"))
