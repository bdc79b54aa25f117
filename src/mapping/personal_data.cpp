#include "mapping/personal_data.hpp"

#include <algorithm>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include "base/name_words.hpp"

namespace waltrack {
namespace {

using Words = std::vector<std::string>;
using WordList = std::initializer_list<std::string_view>;

bool is_in(std::string_view word, WordList list) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

bool has(const Words& words, WordList list) {
  return std::any_of(words.begin(), words.end(),
                     [&](const std::string& word) { return is_in(word, list); });
}

// One of `first` with one of `second` right behind it.
bool has_pair(const Words& words, WordList first, WordList second) {
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    if (is_in(words[i], first) && is_in(words[i + 1], second)) return true;
  }
  return false;
}

// A switch, a count, a time or a kind: about the value, not the value.
bool is_about(const Words& words) {
  return is_in(words.front(),
               {"is", "has", "had", "was", "can", "should", "needs", "requires", "allow", "allows",
                "enable", "num", "count", "max", "min", "total"}) ||
         is_in(words.back(), {"at",         "on",          "count",         "counts",   "type",
                              "kind",       "status",      "state",         "verified", "confirmed",
                              "enabled",    "disabled",    "required",      "expires",  "expiry",
                              "expired",    "changed",     "updated",       "sent",     "valid",
                              "length",     "version",     "limit",         "used",     "usage",
                              "brand",      "attempts",    "algorithm",     "provider", "consent",
                              "optin",      "optout",      "opt",           "strategy", "policy",
                              "preference", "preferences", "notifications", "format",   "scheme",
                              "frequency",  "subscribed",  "visible",       "public"});
}

bool names_an_identity_number(const Words& words) {
  return has(words, {"ssn", "passport", "passports"}) ||
         has_pair(words, {"social"}, {"security"}) ||
         has_pair(words, {"national"}, {"id", "insurance", "identity", "identification"});
}

bool names_a_card(const Words& words) {
  if (has(words, {"creditcard", "cardnumber", "ccnumber", "cvv", "cvc", "cvv2", "iban"}))
    return true;
  if (words.size() == 1 && is_in(words[0], {"card", "cards"})) return true;
  // Of a card by itself and of its last digits people see no harm; a display of them is personal.
  if (has_pair(words, {"card", "cc", "pan"},
               {"number", "no", "num", "pan", "code", "data", "details"}))
    return true;
  return is_in(words.back(), {"card", "cards"}) &&
         has_pair(words, {"credit", "debit", "payment", "bank", "gift"}, {"card", "cards"});
}

bool names_a_hash(const Words& words) {
  return is_in(words.back(), {"hash", "digest"}) &&
         (words.size() == 1 ? words[0] == "hash"
                            : has(words, {"user", "login", "auth", "pw", "pass", "reset", "secure",
                                          "security", "answer", "pin", "code", "otp"}));
}

bool names_a_credential(const Words& words) {
  if (has(words, {"password",     "passwords",     "passwd",       "pwd",         "passphrase",
                  "passcode",     "passhash",      "secret",       "secrets",     "salt",
                  "otp",          "totp",          "credential",   "credentials", "apikey",
                  "accesstoken",  "authtoken",     "refreshtoken", "privatekey",  "secretkey",
                  "passwordhash", "hashedpassword"}))
    return true;
  if (words.size() == 1 && is_in(words[0], {"token", "pin", "pass"})) return true;
  if (is_in(words.back(), {"token", "jwt"})) return true;
  if (has_pair(words, {"token"}, {"hash", "digest", "value", "encrypted", "secret", "key"}))
    return true;
  if (has_pair(words,
               {"access", "refresh", "auth", "api", "reset", "bearer", "session", "device", "push",
                "oauth", "id"},
               {"token", "tokens"}))
    return true;
  if (has_pair(words, {"api", "private", "secret", "access", "encryption", "signing", "ssh"},
               {"key", "keys"}))
    return true;
  return has_pair(words, {"recovery", "backup", "verification", "otp", "mfa", "2fa", "auth"},
                  {"code", "codes"}) ||
         has_pair(words, {"security"}, {"answer", "answers"}) || names_a_hash(words);
}

bool names_an_account_number(const Words& words) {
  return has_pair(words, {"bank"}, {"account"}) || has_pair(words, {"routing", "sort"}, {"number"});
}

bool names_a_person(const Words& words) {
  if (has(words, {"firstname", "lastname", "fullname", "surname", "forename", "nickname",
                  "username", "middlename", "displayname", "maidenname", "cardholder"}))
    return true;
  return has_pair(
      words,
      {"first",     "last",   "full",   "middle",   "given",     "family",   "maiden",    "user",
       "display",   "legal",  "nick",   "customer", "contact",   "person",   "recipient", "billing",
       "shipping",  "author", "owner",  "holder",   "member",    "employee", "patient",   "student",
       "client",    "guest",  "sender", "driver",   "preferred", "login",    "buyer",     "seller",
       "candidate", "spouse", "father", "mother",   "parent",    "player",   "guardian"},
      {"name", "names"});
}

bool names_a_place(const Words& words) {
  if (has(words, {"address", "addresses", "addr", "street", "street1", "street2", "streetaddress"}))
    return words.back() != "id" && words.back() != "ids";
  return has_pair(words, {"house"}, {"number", "no"}) || has_pair(words, {"postal"}, {"address"});
}

bool names_a_person_s_data(const Words& words) {
  if (has(words,
          {"email",       "emails",    "mail",     "phone",       "phones",       "telephone",
           "mobile",      "cellphone", "fax",      "birthday",    "birthdate",    "dob",
           "dateofbirth", "ip",        "ips",      "ipv4",        "ipv6",         "ipaddress",
           "salary",      "salaries",  "wage",     "wages",       "emailaddress", "phonenumber",
           "gender",      "ethnicity", "religion", "nationality", "whatsapp"}))
    return words.back() != "id" && words.back() != "ids";
  return has_pair(words, {"birth"}, {"date", "day", "year", "place", "name"}) ||
         has_pair(words, {"of"}, {"birth"}) || has_pair(words, {"remote"}, {"addr"}) ||
         has_pair(words, {"card", "cc", "pan"}, {"last4", "last"}) ||
         has_pair(words, {"driver", "drivers", "driving"}, {"license", "licence"}) ||
         has_pair(words, {"tax"}, {"number"});
}

}  // namespace

Sensitivity column_sensitivity(std::string_view column_name) {
  const Words words = name_words(column_name);
  if (words.empty() || is_about(words)) return Sensitivity::none;
  if (names_an_identity_number(words) || names_a_card(words) || names_an_account_number(words))
    return Sensitivity::secret;
  const bool is_key = words.size() > 1 && is_in(words.back(), {"id", "ids", "name"});
  if (!is_key && names_a_credential(words)) return Sensitivity::secret;
  if (names_a_person(words) || names_a_place(words) || names_a_person_s_data(words))
    return Sensitivity::personal;
  return Sensitivity::none;
}

}  // namespace waltrack
