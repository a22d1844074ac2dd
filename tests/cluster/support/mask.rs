//! Makes real brokers behave like a service: the proxy removes requests from `ApiVersions` or
//! lowers their versions, and answers requests that the service refuses. The facts are those of the
//! cluster in memory (`model::service`).
//!
//! A request with several items is refused only if the service refuses each of them, so tests send
//! one at a time.

use std::sync::Arc;

use tonkafka::model::service::{self, RequestSubject, Service};

use super::proxy::{Action, Proxy, api};

/// Puts a service in front of a proxy's brokers.
pub fn put(proxy: &Proxy<'_>, service: &'static Service) {
    let versions = Arc::new(move |version, frame: &[u8]| listed(service, version, frame));
    proxy.from(api::API_VERSIONS, 1, Action::Alter(versions));
    for request in ["DescribeConfigs", "IncrementalAlterConfigs", "CreateTopics"] {
        answer(proxy, request, move |version, frame| {
            of_items(service, request, version, frame)
        });
    }
    for request in WHOLE {
        if let Some(code) = service.refuses(request, None) {
            let code = number(code);
            answer(proxy, request, move |version, frame| {
                Some(of_whole(request, version, correlation(frame), code))
            });
        }
    }
}

/// Requests without items, which are refused as a whole.
const WHOLE: [&str; 5] = [
    "DescribeLogDirs",
    "DescribeAcls",
    "DescribeClientQuotas",
    "DescribeUserScramCredentials",
    "DescribeQuorum",
];

fn answer(
    proxy: &Proxy<'_>,
    request: &str,
    reply: impl Fn(i16, &[u8]) -> Option<Vec<u8>> + Send + Sync + 'static,
) {
    let key = service::api_key(request).unwrap();
    proxy.from(key, 1, Action::Answer(Arc::new(reply)));
}

/// Kafka's number of an error code (`org.apache.kafka.common.protocol.Errors`).
fn number(code: &str) -> i16 {
    match code {
        "CLUSTER_AUTHORIZATION_FAILED" => 31,
        "INVALID_REPLICATION_FACTOR" => 38,
        "INVALID_CONFIG" => 40,
        "INVALID_REQUEST" => 42,
        "POLICY_VIOLATION" => 44,
        other => panic!("no number for {other}"),
    }
}

fn correlation(frame: &[u8]) -> [u8; 4] {
    frame[4..8].try_into().unwrap()
}

/// The response to `ApiVersions`, without what the service lacks.
fn listed(service: &Service, version: i16, frame: &[u8]) -> Vec<u8> {
    let is_flexible = version >= 3;
    let mut reader = Reader {
        bytes: frame,
        at: 6,
        is_flexible,
    };
    if frame[4..6] != [0, 0] {
        return frame.to_vec();
    }
    let count = reader.count().unwrap();
    let mut kept: Vec<[i16; 3]> = Vec::new();
    for _ in 0..count {
        let [key, lowest, highest] = [reader.short(), reader.short(), reader.short()];
        reader.tags();
        kept.extend(left(service, key, lowest, highest));
    }
    let mut writer = Writer::new(is_flexible);
    writer.bytes.extend(&frame[..6]);
    writer.count(kept.len());
    for numbers in kept {
        for number in numbers {
            writer.short(number);
        }
        writer.tags();
    }
    writer.bytes.extend(&frame[reader.at..]);
    writer.bytes
}

/// The versions of a request that the service supports.
fn left(service: &Service, key: i16, lowest: i16, highest: i16) -> Option<[i16; 3]> {
    let is_this = |name: &String| service::api_key(name) == Some(key);
    if service.missing.iter().any(is_this) {
        return None;
    }
    let lowered = service.lowered.iter().find(|(name, _)| is_this(name));
    let (from, to) = match lowered {
        Some((_, (from, to))) => (lowest.max(*from), highest.min(*to)),
        None => (lowest, highest),
    };
    (from <= to).then_some([key, from, to])
}

/// An item of a request, with the service's refusal.
struct Item {
    resource_type: u8,
    name: String,
    refused: Option<(i16, String)>,
}

/// The response to a request if the service refuses all of its items.
fn of_items(service: &Service, request: &str, version: i16, frame: &[u8]) -> Option<Vec<u8>> {
    let is_flexible = match request {
        "DescribeConfigs" => version >= 4,
        "IncrementalAlterConfigs" => version >= 1,
        _ => version >= 5,
    };
    let mut reader = Reader {
        bytes: frame,
        at: 8,
        is_flexible: false,
    };
    let _client = reader.text();
    reader.is_flexible = is_flexible;
    reader.tags();
    let count = reader.count()?;
    let items: Vec<Item> = (0..count)
        .map(|_| match request {
            "CreateTopics" => new_topic(service, &mut reader),
            _ => configs(service, request, &mut reader),
        })
        .collect();
    if items.is_empty() || items.iter().any(|item| item.refused.is_none()) {
        return None;
    }
    let mut writer = Writer::answer(correlation(frame), is_flexible);
    writer.int(0);
    writer.count(items.len());
    for item in items {
        let (code, words) = item.refused.unwrap();
        if request == "CreateTopics" {
            created(&mut writer, version, &item.name, code, &words);
            continue;
        }
        writer.short(code);
        writer.text(Some(&words).filter(|words| !words.is_empty()));
        writer.bytes.push(item.resource_type);
        writer.text(Some(&item.name));
        if request == "DescribeConfigs" {
            writer.count(0);
        }
        writer.tags();
    }
    writer.tags();
    Some(writer.bytes)
}

fn created(writer: &mut Writer, version: i16, name: &str, code: i16, words: &str) {
    writer.text(Some(name));
    if version >= 7 {
        writer.bytes.extend([0; 16]);
    }
    writer.short(code);
    writer.text(Some(words));
    if version >= 5 {
        writer.int(-1);
        writer.short(-1);
        writer.count(0);
    }
    writer.tags();
}

/// A resource whose settings are read or changed.
fn configs(service: &Service, request: &str, reader: &mut Reader<'_>) -> Item {
    const BROKER: u8 = 4;
    let resource_type = reader.byte();
    let name = reader.text().unwrap_or_default();
    let mut refused = None;
    if resource_type == BROKER {
        let code = service.refuses(request, Some(RequestSubject::Brokers));
        refused = code.map(|code| (number(code), String::new()));
    }
    for _ in 0..reader.count().unwrap_or(0) {
        let key = reader.text().unwrap_or_default();
        if request == "DescribeConfigs" {
            continue;
        }
        let _operation = reader.byte();
        let value = reader.text().unwrap_or_default();
        reader.tags();
        let keys = service.topic_keys.as_ref();
        if let Some(keys) = keys.filter(|keys| resource_type != BROKER && !keys.takes(&key)) {
            let words = keys.refusal.message.replace("{key}", &key);
            let words = words.replace("{value}", &value);
            refused.get_or_insert((number(&keys.refusal.code), words));
        }
    }
    reader.tags();
    Item {
        resource_type,
        name,
        refused,
    }
}

fn new_topic(service: &Service, reader: &mut Reader<'_>) -> Item {
    let name = reader.text().unwrap_or_default();
    let partitions = reader.int();
    let replicas = reader.short();
    for _ in 0..reader.count().unwrap_or(0) {
        reader.int();
        for _ in 0..reader.count().unwrap_or(0) {
            reader.int();
        }
        reader.tags();
    }
    let mut refused = None;
    if let Some(fixed) = &service.replication_factor
        && replicas >= 0
        && replicas != fixed.limit
    {
        let refusal = &fixed.refusal;
        refused.get_or_insert((number(&refusal.code), refusal.message.clone()));
    }
    if let Some(quota) = &service.partitions
        && partitions > quota.limit
    {
        let refusal = &quota.refusal;
        refused.get_or_insert((number(&refusal.code), refusal.message.clone()));
    }
    for _ in 0..reader.count().unwrap_or(0) {
        let key = reader.text().unwrap_or_default();
        let value = reader.text().unwrap_or_default();
        reader.tags();
        let keys = service.topic_keys.as_ref();
        if let Some(keys) = keys.filter(|keys| !keys.takes_at_creation(&key)) {
            let words = keys.refusal.message.replace("{key}", &key);
            let words = words.replace("{value}", &value);
            refused.get_or_insert((number(&keys.refusal.code), words));
        }
    }
    reader.tags();
    Item {
        resource_type: 0,
        name,
        refused,
    }
}

/// The response to a request that is refused as a whole.
fn of_whole(request: &str, version: i16, correlation: [u8; 4], code: i16) -> Vec<u8> {
    let is_flexible = match request {
        "DescribeLogDirs" | "DescribeAcls" => version >= 2,
        "DescribeClientQuotas" => version >= 1,
        _ => true,
    };
    let mut writer = Writer::answer(correlation, is_flexible);
    if request != "DescribeQuorum" {
        writer.int(0);
    }
    let has_code = request != "DescribeLogDirs" || version >= 3;
    let has_words = match request {
        "DescribeLogDirs" => false,
        "DescribeQuorum" => version >= 2,
        _ => true,
    };
    if has_code {
        writer.short(code);
    }
    if has_words {
        writer.text(None::<&str>);
    }
    writer.count(0);
    if request == "DescribeQuorum" && version >= 2 {
        writer.count(0);
    }
    writer.tags();
    writer.bytes
}

/// Reads the fields of a frame in order.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    is_flexible: bool,
}

impl Reader<'_> {
    fn take(&mut self, count: usize) -> &[u8] {
        let taken = &self.bytes[self.at..self.at + count];
        self.at += count;
        taken
    }

    fn byte(&mut self) -> u8 {
        self.take(1)[0]
    }

    fn short(&mut self) -> i16 {
        i16::from_be_bytes(self.take(2).try_into().unwrap())
    }

    fn int(&mut self) -> i32 {
        i32::from_be_bytes(self.take(4).try_into().unwrap())
    }

    fn unsigned(&mut self) -> usize {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = self.byte();
            number |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return number;
            }
            shift += 7;
        }
    }

    /// The length of an array; none for null.
    fn count(&mut self) -> Option<usize> {
        if self.is_flexible {
            return self.unsigned().checked_sub(1);
        }
        usize::try_from(self.int()).ok()
    }

    fn text(&mut self) -> Option<String> {
        let length = if self.is_flexible {
            self.unsigned().checked_sub(1)
        } else {
            usize::try_from(self.short()).ok()
        };
        let bytes = self.take(length?);
        Some(String::from_utf8(bytes.to_vec()).unwrap())
    }

    fn tags(&mut self) {
        if !self.is_flexible {
            return;
        }
        for _ in 0..self.unsigned() {
            let _tag = self.unsigned();
            let length = self.unsigned();
            self.take(length);
        }
    }
}

/// Writes a response.
struct Writer {
    bytes: Vec<u8>,
    is_flexible: bool,
}

impl Writer {
    fn new(is_flexible: bool) -> Self {
        Self {
            bytes: Vec::new(),
            is_flexible,
        }
    }

    /// Starts a response with its header.
    fn answer(correlation: [u8; 4], is_flexible: bool) -> Self {
        let mut writer = Self::new(is_flexible);
        writer.bytes.extend(correlation);
        writer.tags();
        writer
    }

    fn short(&mut self, number: i16) {
        self.bytes.extend(number.to_be_bytes());
    }

    fn int(&mut self, number: i32) {
        self.bytes.extend(number.to_be_bytes());
    }

    fn unsigned(&mut self, mut number: usize) {
        loop {
            let byte = u8::try_from(number & 0x7f).unwrap();
            number >>= 7;
            if number == 0 {
                self.bytes.push(byte);
                return;
            }
            self.bytes.push(byte | 0x80);
        }
    }

    fn count(&mut self, count: usize) {
        if self.is_flexible {
            self.unsigned(count + 1);
        } else {
            self.int(i32::try_from(count).unwrap());
        }
    }

    fn text(&mut self, text: Option<impl AsRef<str>>) {
        match (text, self.is_flexible) {
            (Some(text), true) => {
                self.unsigned(text.as_ref().len() + 1);
                self.bytes.extend(text.as_ref().as_bytes());
            }
            (Some(text), false) => {
                self.short(i16::try_from(text.as_ref().len()).unwrap());
                self.bytes.extend(text.as_ref().as_bytes());
            }
            (None, true) => self.unsigned(0),
            (None, false) => self.short(-1),
        }
    }

    fn tags(&mut self) {
        if self.is_flexible {
            self.bytes.push(0);
        }
    }
}
