-- By which way each message goes.
ALTER TABLE bridge_messages ADD COLUMN channel TEXT NOT NULL DEFAULT 'sms';
