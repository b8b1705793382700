# ruff: noqa: RUF001  (the letters of other scripts are what this table is about)
"""The words of other languages that announce a final answer, as data, and what surrounds values."""

from __future__ import annotations

import re

# MGSM's languages and others that models answer in; the value stands behind the cue.
LANGUAGES = {
    "Chinese": (
        r"(?:答案|答)\s*(?:就?是|为|應?为|為|應該是|应该是|等于|[:：])",
        r"(?:正确|正確|最终|最終)(?:的)?(?:选项|選項|结果|結果)\s*(?:是|为|為|[:：])",
        r"(?:故|应|應|所以|因此|答案)?(?<![不没勿])(?:选择|選擇|选|選)\s*[:：]?(?=\s*[(（]?[A-J](?![A-Za-z]))",
    ),
    "Japanese": (r"(?:答え|解答|回答|答)\s*(?:は|が|[:：])",),
    "Korean": (r"(?:정답|답|최종\s*답안?)\s*(?:은|는|이|[:：])",),
    "German": (
        r"^[^\w\n]{0,8}(?:Endergebnis|Ergebnis)\s*:",
        r"\bist\s+(?:daher\s+|also\s+)?die\s+(?:richtige\s+|endg\u00fcltige\s+)?Antwort\b",
        r"\b(?:Antwort|Endergebnis|L\u00f6sung)\s*(?:ist|lautet|betr\u00e4gt|w\u00e4re|:)",
        r"\b(?:endg\u00fcltige|richtige|korrekte)s?\s+(?:Ergebnis|Option)\s+(?:ist|lautet|:)",
    ),
    "Spanish": (
        r"\bla\s+soluci\u00f3n\s*es\b",
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
FOREIGN = tuple(pattern for row in LANGUAGES.values() for pattern in row)
# Parts of these words, which are looked for first: that is much quicker.
STEMS = (
    "答", "选", "選", "正确", "正確", "最终", "最終", "정답",
    "답", "ntwort", "rgebnis", "sung", "espuesta", "pción", "luci", "esultado", "ponse",
    "sultat", "bonne", "isposta", "esposta", "ntwoord", "svar", "Svar", "astaus",
    "dpowied", "dpov", "lasz", "spuns", "evap", "anıt", "đáp", "Đáp",
    "trả", "kết", "Kết", "awaban", "jibu", "Jibu", "твет", "ідпо",
    "πάντ", "جابة", "جواب", "پاسخ", "תשוב", "उत्त", "जवाब", "উত্ত",
    "సమా", "பதி", "விடை", "คำตอบ",
)  # fmt: skip
STEM = re.compile("|".join(STEMS))
ASCII_STEMS = tuple(filter(str.isascii, STEMS))
CUE = re.compile("|".join(FOREIGN), re.IGNORECASE | re.MULTILINE)
# Words that begin a reason behind a value.
FOREIGN_REASON = (
    r"(?:weil|denn|car|puisque|parce\s+que|ya\s+que|porque|pues|perché|poiché|pois|так\s+как|потому|"
    r"поскольку|omdat|want|eftersom|fordi|ponieważ|çünkü|karena|vì|kwa\s+sababu|क्योंकि)"
)
# What some languages put behind the value.
ENDINGS = re.compile(
    r"\s*(?:です|だ|である|になります|となります|입니다|이다|예요|이에요|'?(?:d[\u0131iu\u00fc]r|t[\u0131iu\u00fc]r)"
    r"|है|हैं|ครับ|ค่ะ|。)[\s.。!]*$"
)
# A counting word behind a number in Chinese, Japanese or Korean: 17個, 17명; not 17万.
COUNTER = re.compile(
    r"(?<=\d)\s?(?:[\u3041-\u30ff\u4e00-\u9fff\uac00-\ud7af](?<![万萬亿億兆千百十分割半点點零])){1,2}$"
)
# Where a base model continues with another question after its answer.
NEXT_QUESTION = re.compile(
    r"^[ \t#*]{0,6}(?:(?:question|human|user)\b[ \t*]*\d{0,3}[ \t*]*:|Q\d{0,3}:"
    r"|### (?:instruction|input)\b)",
    re.IGNORECASE | re.MULTILINE,
)
