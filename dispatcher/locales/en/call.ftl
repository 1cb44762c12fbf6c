# What the telephone says; espeak-ng reads it out. Name no place and nobody.
call-call-out = This is an alarm from Certus. Somebody near you needs help. Press one if you can go now. Press two if you cannot.
call-yes = Thank you. Read the text message: it says where to go. Drive carefully.
call-no = Thank you for your answer. We will ask somebody else.
call-lost = Your answer could not be saved. Please answer YES or NO in a text message.
call-over = The alarm from Certus is over. You do not need to go. Thank you.
