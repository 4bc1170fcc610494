"""The most frequent function words of some languages, by which ``language`` identifies them."""

_LISTS = {
    "en": (
        "the of and to a in is it you that he was for on are with as i his they be at this "
        "have from or one had by but not what all were we when your can said there an each "
        "which she do how their if will up other about out many then them these so some her "
        "would him has more could no than who been now its my me our us am did does don doesn "
        "didn isn aren wasn weren won wouldn couldn shouldn ain ll ve re im m s very really "
        "just too because while where why here any every only after before again also into "
        "over down off even much such most own same both few should might must get got gonna "
        "wanna gotta yeah please thanks thank yes u ur r thx pls lol omg wtf idk tbh"
    ),
    "de": (
        "der die das und ist nicht ein eine einen einem einer ich du er sie es wir ihr mit von "
        "zu den dem des im auf für sich auch aus bei nach wie aber oder wenn nur noch war "
        "waren wird werden hat haben hatte kann sind sehr mein dein sein alles gut danke bitte "
        "was wer wo warum dass als am um über kein keine so schon mehr man mir mich dir dich "
        "uns ja nein doch hier da immer nie vom zum zur bin bist seid heute mal"
    ),
    "fr": (
        "le la les un une des et est pas je tu il elle nous vous ils elles de du que qui dans "
        "pour sur avec ce cette ces au aux en ne se sa son ses mon ma mes plus mais ou où par "
        "sont était être avoir ont très bien tout tous c j l d qu n s y merci bonjour comme si "
        "même aussi fait faire on lui leur sans votre notre quand rien oui non"
    ),
    "es": (
        "el la los las un una unos y es no de del que en a por para con se su sus lo le me te "
        "mi mis tu al como más pero muy está están era son hay ser fue este esta esto todo "
        "todos yo él ella nosotros gracias nada si sí cuando también porque ya o qué sin sobre "
        "hasta bien buenos hola estoy fueron tiene"
    ),
    "it": (
        "il lo la i gli le un uno una e è non di del della dei che in a per con si su da come "
        "più ma anche sono era questo questa mi ti ci ne al alla nel molto tutto tutti ho hai "
        "ha abbiamo hanno grazie bene ciao se cosa quando perché io tu lui lei noi sei stato "
        "mille così va dal sul"
    ),
    "nl": (
        "de het een en is niet ik je jij hij zij wij van te dat in op voor met er aan zijn was "
        "maar ook als om dan nog bij uit naar heb heeft hebben had wat wie waar deze dit die "
        "geen wel heel erg goed dank mijn jouw zo door kan mooi ben bent werd worden hier al "
        "over wordt ze we u mij"
    ),
    "pt": (
        "o a os as um uma e é não de do da dos das que em no na nos nas por para com se seu "
        "sua ao à mais mas muito foi era são está este esta isso eu tu ele ela nós você meu "
        "minha obrigado obrigada como também já tudo bem quando ou nem até ser ter tem pelo "
        "pela só sem"
    ),
    "pl": (
        "i w z na do nie się to jest że o a jak ale po co tak za od przez dla jestem był była "
        "było są czy już tylko ten ta te tym tego mnie mi ja ty on ona my bardzo dziękuję może "
        "być jego jej ich oraz lub więc gdy który która które no polecam nic wszystko"
    ),
    "tr": (
        "bir ve bu da de ne için ile çok o ben sen biz siz gibi daha en mi mı mu ama var yok "
        "değil olarak kadar sonra iyi güzel teşekkür ederim evet hayır şu her hiç ki beni bana "
        "benim senin onun oldu olan"
    ),
    "sv": (
        "och det att i en är som på de för av med inte jag du han hon vi den till har var om "
        "ett men så kan ska mycket bra tack från vid eller när hur där nu också min din sin "
        "mig dig här man efter än blev hade ingen alla"
    ),
    "da": (
        "og det at i en er som på de for af med ikke jeg du han hun vi den til har var om et "
        "men så kan skal meget godt tak fra ved eller når hvor nu også min din sin mig dig her "
        "man efter end blev havde ingen alle denne"
    ),
    "no": (
        "og det at i en er som på de for av med ikke jeg du han hun vi den til har var om et "
        "men så kan skal veldig bra takk fra ved eller når hvor nå også min din sin meg deg "
        "her man etter enn ble hadde ingen alle"
    ),
    "fi": (
        "ja on ei se että en oli olen sinä hän minä me te he ovat mutta kun niin myös tämä "
        "kuin jos ole hyvä kiitos hyvin mitä joka vain nyt sen ollut paljon kaikki"
    ),
    "cs": (
        "a je se na v to že s z do i o jsem ale jak po byl byla bylo jsou tak by pro za ten ta "
        "co od si jako nebo už jen moc velmi dobrý děkuji není který která které mám tento"
    ),
    "ro": (
        "și în de la nu este că o a cu pe un să se ce din mai sunt pentru care ca am ai era "
        "dar foarte bine mulțumesc eu tu el ea noi sau dacă acest aceasta fost"
    ),
    "hu": (
        "a az és nem hogy is egy van ez volt én te ő mi ti meg de csak már ha nagyon jó "
        "köszönöm el ki kell még mint vagy sem lesz ezt azt minden"
    ),
    "id": (
        "yang dan di ini itu dengan untuk tidak dari dalam akan pada juga saya kamu dia kami "
        "kita mereka ada adalah bisa ke sudah atau karena sangat terima kasih banyak tidur "
        "oleh seperti lebih bagus"
    ),
}
"""By ISO 639-1 code. English has the most, with words of chats: in doubt a text is English."""

FUNCTION_WORDS = {code: frozenset(words.split()) for code, words in _LISTS.items()}
