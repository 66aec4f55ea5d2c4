// Written by bot/channels/bundle.py from the numbers and the lexicon. Do not edit.
export const NUMBERS = {"US": ["911"], "CA": ["911"], "GB": ["999"], "IE": ["112", "999"], "EU": ["112"], "AU": ["000"], "NZ": ["111"], "IN": ["112", "108"]};
export const CRISIS_LINES = {"US": "988", "CA": "988", "GB": "116 123", "IE": "116 123", "AU": "13 11 14", "NZ": "1737", "IN": "14416"};
export const RED_FLAGS = {"emergency": ["throat feels tight", "cant breathe", "lips are swelling"], "crisis": ["want to die"]};
