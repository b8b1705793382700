# ruff: noqa: RUF001  (the letters of other scripts are what this table is about)
"""The words that announce a final answer, as data: English in parts, other languages as rows."""

from __future__ import annotations

import re

QUALITY = (
    r"(?:final|correct|right|numerical|required|desired|exact|simplified|overall|complete|best|"
    r"actual|real|true|proper)"
)
PURPOSE = (
    r"(?:\s+(?:to|for|of)\s+(?:the|this|your|our|that)\s+(?:\w+\s+){0,2}?"
    r"(?:question|problem|puzzle|exercise|riddle|equation|task|system))?"
)
MANNER = (
    r"(?:\s*\([^()\n]{1,40}\)|,\s+in\s[\w ]{1,30},|,\s+(?:therefore|then|thus|hence),"
    r"|\s+(?:in|rounded)\s[\w ]{1,40}?)?"
)
"""What may stand between the noun and its verb: "(in dollars)", "rounded to two places"."""
VERB = (
    r"(?:(?:is|are|was|becomes|equals?)\b|(?:will|would|should|must|has\s+to|ought\s+to)\s+be\b"
    r"|(?:comes\s+out|turns\s+out|works\s+out|comes)\s+(?:to\s+be|to|as)\b)"
)
ADVERB = (
    r"(?:\s*,?\s*\b(?:therefore|thus|then|hence|indeed|simply|just|clearly|still|now|equal\s+to|"
    r"given\s+by|exactly)\b\s*,?)?"
)
SIGN = r"(?:[:=\uff1a]|\u2192|\u21d2|->|=>|\\(?:to|implies|[Rr]ightarrow)\b|\s[-\u2013\u2014]\s)"
NOUN = (
    rf"(?:(?:the|our|my|your|its|this)\s+(?:{QUALITY}\s+){{0,2}}(?:answer|solution(?:\s+set)?)"
    rf"|(?:{QUALITY}\s+){{1,2}}(?:answer|result|solution|option|choice|value)"
    r"|(?:the\s+)?(?:answer\s+choice|end\s+result))"
)
ENGLISH = (
    rf"\b{NOUN}\b{PURPOSE}{MANNER}[\s*_\"`]*(?:{VERB}{ADVERB}|{SIGN})",
    rf"\banswer\b{PURPOSE}{MANNER}[\s*_\"`]*[:=\uff1a]",
    rf"^[^\w\n]{{0,8}}(?:final\s+)?(?:answer|ans|result)\b\.?{MANNER}[ \t*_\"`]*(?:{VERB}|{SIGN})",
    r"^[^\w\n]{0,8}ans\.(?=\s)",
)
LANGUAGES = {
    "Chinese": (
        r"(?:答案|答)\s*(?:就?是|为|應?为|為|應該是|应该是|等于|[:：])",
        r"(?:正确|正確|最终|最終)(?:的)?(?:选项|選項|结果|結果)\s*(?:是|为|為|[:：])",
        r"(?:故|应|應|所以|因此|答案)?(?:选择|選擇|选|選)\s*[:：]?(?=\s*[(（]?[A-J](?![A-Za-z]))",
    ),
    "Japanese": (r"(?:答え|解答|回答|答)\s*(?:は|が|[:：])",),
    "Korean": (r"(?:정답|답|최종\s*답안?)\s*(?:은|는|이|[:：])",),
    "German": (
        r"\b(?:Antwort|Endergebnis|L\u00f6sung)\s*(?:ist|lautet|betr\u00e4gt|w\u00e4re|:)",
        r"\b(?:endg\u00fcltige|richtige|korrekte)s?\s+(?:Ergebnis|Option)\s+(?:ist|lautet|:)",
    ),
    "Spanish": (
        r"\brespuesta(?:\s+(?:final|correcta))?\s*(?:es\b|ser\u00eda\b|:)(?:\s*:)?",
        r"\b(?:opci\u00f3n\s+correcta|resultado\s+final)\s*(?:es\b|:)",
    ),
    "French": (
        r"\br\u00e9ponse(?:\s+(?:finale|correcte))?\s*(?:est\b|:)(?:\s*:)?",
        r"\b(?:r\u00e9sultat\s+final|bonne\s+option)\s*(?:est\b|:)",
    ),
    "Italian": (r"\brisposta(?:\s+(?:finale|corretta|esatta))?\s*(?:\u00e8|:)(?:\s*:)?",),
    "Portuguese": (r"\bresposta(?:\s+(?:final|correta|certa))?\s*(?:\u00e9|:)(?:\s*:)?",),
    "Dutch": (r"\bantwoord\s*(?:is\b|luidt\b|:)",),
    "Swedish, Danish, Norwegian": (r"\b(?:svaret|svar)\s*(?:\u00e4r\b|er\b|blir\b|bliver\b|:)",),
    "Finnish": (r"\b(?:vastaus)\s*(?:on\b|:)",),
    "Polish": (r"\bodpowied\u017a\s*(?:to\b|brzmi\b|jest\b|wynosi\b|:)(?:\s*:)?",),
    "Czech, Slovak": (r"\b(?:odpov\u011b\u010f|odpove\u010f)\s*(?:je\b|:)",),
    "Hungarian": (r"\b(?:a\s+)?v\u00e1lasz\s*:?(?=\s)",),
    "Romanian": (r"\br\u0103spunsul?(?:\s+(?:final|corect))?\s*(?:este\b|e\b|:)",),
    "Turkish": (r"\b(?:cevap|yan\u0131t)\s*:?(?=\s)",),
    "Vietnamese": (
        r"(?:đáp\s+án|đáp\s+số|câu\s+trả\s+lời|kết\s+quả)(?:\s+(?:đúng|cuối\s+cùng))?\s*(?:là|:)",
    ),
    "Indonesian": (r"\bjawaban(?:nya)?(?:\s+akhir)?\s*(?:adalah\b|ialah\b|:)",),
    "Russian": (r"(?:ответ)(?:ом)?\s*(?:[:\u2014\u2013-]|равен|есть|является)(?:\s*:)?",),
    "Ukrainian": (r"(?:відповідь)\s*(?:[:\u2014\u2013-]|дорівнює)",),
    "Greek": (r"(?:απάντηση)\s*(?:είναι|:)",),
    "Arabic": (
        r"(?:الإجابة|الاجابة|الجواب)(?:\s+(?:النهائية|النهائي|الصحيحة|الصحيح))?\s*(?:هي|هو|:)",
    ),
    "Persian": (r"(?:پاسخ|جواب)(?:\s+نهایی)?\s*:?(?=\s)",),
    "Hebrew": (r"(?:התשובה)(?:\s+(?:הסופית|הנכונה))?\s*(?:היא|:)",),
    "Hindi": (r"(?:उत्तर|जवाब)\s*(?:है|:)?",),
    "Bengali": (r"(?:উত্তর)(?:টি)?\s*(?:হল|হলো|হচ্ছে|:)?",),
    "Telugu": (r"(?:సమాధానం)\s*:?",),
    "Tamil": (r"(?:பதில்|விடை)\s*:?",),
    "Thai": (r"(?:คำตอบ)(?:สุดท้าย)?\s*(?:คือ|:)",),
    "Swahili": (r"\bjibu(?:\s+la\s+mwisho)?\s*(?:ni\b|:)",),
}
"""MGSM's languages and others that models answer in; the value stands behind the cue."""
FOREIGN = tuple(pattern for row in LANGUAGES.values() for pattern in row)
CUE = re.compile(
    "(?P<english>" + "|".join(ENGLISH) + ")|(?P<foreign>" + "|".join(FOREIGN) + ")",
    re.IGNORECASE | re.MULTILINE,
)
WORD = re.compile(
    r"answer|\bans\b|solution|result|option|choice|value|[^\x00-\x7f]|respuesta|antwort|antwoord|"
    r"endergebnis|ergebnis|rispost|respost|resultado|svar|vastaus|cevap|jawaban|jibu",
    re.IGNORECASE,
)
"""Whether a text can hold a cue at all: much quicker to tell than where."""
HEADING = re.compile(
    r"^[ \t>#*_\\-]{0,10}(?:\d{1,2}[.)][ \t]*)?(?:the[ \t]+)?(?:(?:final|correct)[ \t]+)?answer"
    r"[ \t*_:\uff1a#]{0,10}\n",
    re.IGNORECASE | re.MULTILINE,
)
"""A line that only says that the answer comes."""
ENDINGS = re.compile(
    r"\s*(?:です|だ|である|になります|となります|입니다|이다|예요|이에요|'?(?:d[\u0131iu\u00fc]r|t[\u0131iu\u00fc]r)"
    r"|है|हैं|ครับ|ค่ะ|。)[\s.。!]*$"
)
"""What some languages put behind the value."""
COUNTER = re.compile(
    r"(?<=\d)\s?(?:[\u3041-\u30ff\u4e00-\u9fff\uac00-\ud7af](?<![万萬亿億兆千百十分割半点點零])){1,4}$"
)
"""A counting word behind a number in Chinese, Japanese or Korean: 17個, 17명; not 17万."""
NEXT_QUESTION = re.compile(
    r"^[ \t#*]{0,6}(?:(?:question|human|user)\b[ \t*]*\d{0,3}[ \t*]*:|Q\d{0,3}:"
    r"|### (?:instruction|input)\b)",
    re.IGNORECASE | re.MULTILINE,
)
"""Where a base model continues with another question after its answer."""
