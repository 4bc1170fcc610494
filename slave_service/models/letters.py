"""The letters beyond ASCII of languages, for the choice of code pages (``encoding_detection``).

Letters are in lower case, the most frequent first, from the author's knowledge of the languages and
public letter counts; only the rough order matters.
"""

LETTERS = {
    "en": "éïöüñçèà",
    "fr": "éèàêçôùâîûëïœ",
    "de": "üäöß",
    "es": "óíáéñúü",
    "pt": "ãçáéóíâêõàúô",
    "it": "àèùòéìî",
    "nl": "éëïóèü",
    "sv": "äåöé",
    "da": "øæåé",
    "no": "øåæé",
    "fi": "äöå",
    "is": "íáðéóöúæþý",
    "ca": "àéóèçíòïúü",
    "et": "äõüöšž",
    "pl": "łęóąśżćńź",
    "cs": "íáěéřščžýůúťďňó",
    "sk": "áíéúščťžýľňäôďóĺŕ",
    "hu": "áéőöíóüúű",
    "hr": "čšžćđ",
    "sl": "čšžćđ",
    "ro": "ăîâţşșț",
    "tr": "ıüşğöçâî",
    "lt": "ėšųįžčūąę",
    "lv": "āīēšņūļžģčķ",
    "el": "αοιετσνηρπκμλυςίόάγέδήωύχώθφβξψζϊϋΐΰ",
    "he": "יוהלאתרבשמנםדכקעחפגטסןצזךץףְִֵֶַָֹּ",
    "ar": "اليمنورتبةدعسفكحهقأجىخشصضزذطءغإثظئؤآًٌٍَُِّْپچژگ،؟؛ـ",
    "th": "านรอกเงมยลวดทสตะปบคหแจพชขใไโผซถศธภณญษฟฉฎฐฆฌฒฬฑฏฝฮัี่้ิุ์ูำื็ึๆ๊๋ฯ",
    "ru": "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё",
    "uk": "оаинтвреіслкудмпзяьгбчхйїжщшюцєфґ",
    "bg": "аоиетнрсвлдпкмзугябъчйжцщхфшюь",
    "sr": "аоиенрстјвудкмлпзгбчцшћжњљђфхџ",
    "mk": "аоиетнрсвлдпкмзугјбчжцшхќѓњљфѕџ",
    "be": "анірсоецдкытлвўямпзшуьгюбхйчжфёэ",
}
"""By ISO 639-1 code; Persian letters are with the Arabic ones."""

MORE_FUNCTION_WORDS = {
    "sk": "a je sa na v že s z do som ale ako pre nie od tento alebo má byť sú musí môže",
    "hr": "i je u na se da za su s od koji nije ili biti mora može ovaj ova ovo kao po",
    "sl": "in je na se da za so ki z v ni ali biti mora lahko ta to kot po od",
    "lt": "ir yra kad su iš ne turi būti arba šis ši tik į už nuo gali nėra",
    "lv": "un ir ar no kas uz par vai nav šis šī tikai jābūt var kā ja",
    "et": "ja on ei see et ning või ole peab olema selle kui ka oma",
    "ca": "el la els les de i en un una que per amb no és del al",
    "is": "og að er í á ekki sem við til ekki það var en um",
}
"""Frequent words of languages that ``function_words`` does not have."""

# Frequent characters of the languages that are written in several bytes each.
KANJI = (
    "日一国人年大十二本中長出三時行見月分後前生五間上東四今金九入学高円子外八六下来気小七山話女北午"
    "百書先名川千水半男西電校語土木聞食車何南万毎白天母火右読友左休父雨私明会社用使定要素部文字名前"
    "値力確認変更削除追加選択必須有効正数必保存場合対象新管理者登録設定情報表示検索結果開始終了全"
)
SIMPLIFIED = (
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后"
    "作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但"
    "因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物"
    "手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海"
    "请输入确认选择必须效值数字编码检测测试结果"
)
TRADITIONAL = (
    "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後"
    "作裡用道行所然家種事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心她本前開但"
    "因只從想實日軍者意無力它與長把機十民第公此已工使情明性知全三又關點正業外將兩高間由問很最重並物"
    "請輸入確認選擇必須效值數字編碼檢測試結果內測檔密帳號"
)
HANGUL = (
    "이다는의에을를가고하지한사은로시기인도서자대어리나해일수있스라정그전니보아제과장부만여주동구들"
    "안것조공게소습신성세상용무요원음면당오경실선중유우비문으간치모마화국내위입할될합않경값안녕된때"
)
