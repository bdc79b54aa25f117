#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "postgres/decoder.hpp"

namespace waltrack {

// An item in one line, to compare and to read:
//   begin xid=750 time=1795444712421002 commit=0/197EBE8
//   insert public.users xid=750 at=0/197E958 #0 new(id='1' email=null)
//   update … new(id='1' big=?) old(id='1' big=?)
//   message message:shop.checkout … new(content='{}')
//   commit xid=750 time=… commit=0/197EBE8 end=0/197EC18
// A value in quotes is present, `?` is unavailable.
std::string item_text(const StreamItem& item);

using StreamMessage = std::pair<Lsn, std::string>;

// The texts of all items that the messages make.
std::vector<std::string> decoded(Decoder& decoder, const std::vector<StreamMessage>& messages);

// Those of one message.
std::vector<std::string> decoded(Decoder& decoder, std::string_view message, Lsn lsn = Lsn{1});

// The message of the Error that the decoder throws for it, or "" when it throws none.
std::string decode_error(Decoder& decoder, std::string_view message, Lsn lsn = Lsn{1});

}  // namespace waltrack
