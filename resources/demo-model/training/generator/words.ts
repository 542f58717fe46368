const split = (words: string): readonly string[] => words.trim().split(/\s+/)

/** Everyday English nouns, verbs and adjectives. */
export const everydayWords = split(`
time year people way day man thing woman life child world school state family student group country problem hand part place case week company system program question work government number night point home water room mother area money story fact month lot right study book eye job word business issue side kind head house service friend father power hour game line end member law car city community name president team minute idea kid body information back parent face others level office door health person art war history party result change morning reason research girl guy moment air teacher force education
apple bread butter cheese coffee dinner egg fish flour fruit garlic honey juice kitchen lemon lunch meat milk onion orange pepper pizza potato recipe rice salad salt sauce soup sugar tea tomato vegetable wine breakfast cake chocolate cookie cream dessert noodle pasta sandwich
animal bear bird cat cow dog dragon duck eagle elephant fox frog goat horse insect lion monkey mouse owl penguin pig rabbit shark sheep snake spider tiger turtle whale wolf
beach bridge castle church cloud desert field flower forest garden grass hill island lake leaf moon mountain ocean park planet rain river road rock sand sea season sky snow star stone storm street sun tree valley village weather wind winter summer spring autumn
actor artist author baker captain chef doctor driver engineer farmer king knight lawyer musician nurse painter pilot poet police prince queen sailor scientist singer soldier tailor waiter writer
airplane bag ball basket bed bell bicycle blanket boat bottle bowl box brush bucket button camera candle chair clock coat computer cup desk dress drum engine fan flag fork glass guitar hammer hat key knife ladder lamp letter lock machine map medicine mirror needle notebook paper pen pencil phone piano pillow plane plate pocket radio ring rope ruler scissors shirt shoe soap sock spoon table telephone television ticket towel toy train truck umbrella violin wallet watch wheel window
add agree allow answer appear arrive ask bake become begin believe break bring build buy call carry catch choose clean climb close collect compare contain continue cook cost count cover create cry cut dance decide deliver describe design discover draw dream drink drive earn eat enjoy enter explain explore fall feel fight fill find finish fix fly follow forget forgive gain give grow guess happen hate hear help hide hold hope hunt imagine improve include invite join jump keep kill know laugh lead learn leave lend listen live look lose love make manage marry measure meet move need offer open order paint pay plan plant play prefer prepare prove pull push reach read receive remember repair repeat reply rest return ride rise run save search see sell send serve shake share shout show sing sit sleep smell smile solve speak spend spread stand start stay steal stop study succeed suggest swim take talk taste teach tell think throw touch translate travel trust try turn understand use visit vote wait wake walk want warn wash wear win wish wonder worry write
able afraid ancient angry bad beautiful best better big bitter bold brave brief bright broad busy calm careful cheap clean clear clever cold common cool correct crazy cruel curious dangerous dark dead deep different difficult dirty dry early easy empty equal famous fast fat final fine flat foreign free fresh friendly full funny gentle glad golden good great happy hard healthy heavy high honest hot huge hungry ill important interesting large late lazy light little local lonely long loud low lucky main modern narrow native natural new nice noisy normal old patient perfect pleasant poor popular private proud public quick quiet rare ready real rich ripe rough round sad safe same serious sharp short sick silent silly simple slow small smart smooth soft sour special steep strange strong sudden sweet tall thick thin tired total ugly useful warm weak wet whole wide wild wise wrong young
`)

/** Small words that sentences are made with. */
export const smallWords = split(`
the a to of and in is it you that he was for on are with as his they at be this have from or one had by but not what all were we when your can said there use an each which she do how their if will up other about out many then them these so some her would make like him into has look two more go see no could my than first been who its now find long down did get come made may over new sound take only little work know year live me give most very after our just name good think say great where much before too any same tell does set three want air well also small put end why again off went number need us here must high such follow because turn even back still should try every
`)

/** Words of up to 6 letters that are printed in drawings. */
export const printedWords: readonly string[] = [
  ...new Set(everydayWords.filter((word) => word.length >= 2 && word.length <= 6 && /^[a-z]+$/.test(word))),
]

/** Names of places, people and works that questions are asked about. */
export const properNames = split(`
France Paris London Germany Berlin China Beijing Japan Tokyo India Delhi Brazil Russia Moscow Canada Mexico Egypt Cairo Italy Rome Spain Madrid Kenya Texas Africa Europe Asia America Australia Sydney Everest Amazon Nile Einstein Newton Darwin Mozart Beethoven Shakespeare Picasso Napoleon Caesar Lincoln Gandhi Mars Jupiter Saturn Venus Google Apple Microsoft Linux Windows Android Python Java Rust Tesla Amazon Titanic Hamlet Batman Superman Alice Bob John Mary Peter Anna Tom Susan Christmas Easter Monday Tuesday Friday January June October
`)

/** Chinese words that questions are made of. */
export const chineseWords = split(`
时间 人们 生活 世界 学校 国家 问题 工作 公司 城市 朋友 家庭 孩子 老师 学生 医生 妈妈 爸爸 今天 明天 昨天 早上 晚上 天气 下雨 太阳 月亮 星星 地球 火星 大海 河流 高山 森林 花园 动物 小猫 小狗 老虎 狮子 大象 熊猫 猴子 鸟儿 鱼 马 牛 羊 苹果 香蕉 西瓜 葡萄 米饭 面条 饺子 牛奶 咖啡 茶 糖 盐 鸡蛋 蔬菜 早餐 午餐 晚餐 菜谱 做饭 电脑 手机 电话 电视 电影 音乐 歌曲 书 小说 诗 故事 笑话 新闻 报纸 历史 地理 数学 物理 化学 英语 中文 语言 翻译 代码 程序 软件 算法 函数 网络 网站 密码 邮件 文件 价格 钱 银行 股票 经济 政府 法律 总统 首都 北京 上海 广州 深圳 香港 台湾 法国 巴黎 英国 伦敦 美国 纽约 日本 东京 德国 俄罗斯 印度 非洲 欧洲 亚洲 长城 长江 黄河 李白 杜甫 孔子 爱因斯坦 牛顿 莎士比亚 汽车 火车 飞机 自行车 地铁 机场 酒店 旅游 旅行 假期 春节 中秋节 生日 礼物 衣服 鞋子 帽子 房子 桌子 椅子 窗户 门 床 灯 钥匙 雨伞 健康 运动 跑步 足球 篮球 游泳 比赛 睡觉 学习 考试 作业 写作 文章 总结 解释 建议 原因 方法 意思 区别 计划 目标 梦想 爱情 幸福 快乐 伤心 生气 害怕 漂亮 聪明 重要 简单 困难 便宜 昂贵 快 慢 高 低 新 旧 冷 热 喜欢 讨厌 知道 认为 告诉 推荐 选择 帮助 需要 可以 应该 为什么 怎么 什么 哪里 谁 多少 几个 是不是 能不能 我们 你们 他们 自己 大家 因为 所以 但是 如果 虽然 已经 正在 一起 非常 可能 一定 或者 然后 最好 最大 最近 以后 以前
`)

/** Sentences of other languages. */
export const foreignSentences: readonly string[] = [
  'Wie spät ist es?',
  'Was kostet das Brot?',
  'Erzähl mir einen Witz.',
  'Wo ist der Bahnhof?',
  'Ich habe Hunger.',
  'Schreibe ein Gedicht über den Herbst.',
  'Quelle heure est-il ?',
  'Où est la gare ?',
  'Raconte-moi une histoire.',
  'Comment vas-tu ?',
  'Je voudrais un café.',
  'Traduis cette phrase en anglais.',
  '¿Qué hora es?',
  '¿Dónde está la estación?',
  'Cuéntame un chiste.',
  '¿Cómo te llamas?',
  'Quiero aprender a cocinar.',
  '¿Cuál es la capital de Chile?',
  'Che ore sono?',
  'Dove si trova il museo?',
  'Mi piace la musica.',
  'Que horas são?',
  'Onde fica a praia?',
  'Conte uma piada.',
  'Который час?',
  'Где находится вокзал?',
  'Расскажи мне сказку.',
  'Как тебя зовут?',
  'Сколько стоит билет?',
  'Что такое любовь?',
  '今何時ですか？',
  '駅はどこですか？',
  '冗談を言ってください。',
  '日本の首都はどこですか？',
  '明日の天気は？',
  'お名前は何ですか？',
  '지금 몇 시예요?',
  '역이 어디에 있어요?',
  '농담 하나 해 주세요.',
  '한국의 수도는 어디입니까?',
  'كم الساعة الآن؟',
  'أين المحطة؟',
  'ما اسمك؟',
  'Saat kaç?',
  'İstasyon nerede?',
  'Hvad er klokken?',
  'Hoe laat is het?',
  'Waar is het station?',
  'Vertel me een grap.',
  'Jaka jest pogoda?',
  'Gdzie jest dworzec?',
  'Mitä kello on?',
  'Τι ώρα είναι;',
  'מה השעה?',
  'नमस्ते, आप कैसे हैं?',
]
